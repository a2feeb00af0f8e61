/**
 * Geometry of charts: where a value stands, and which values an axis names.
 *
 * Numbers are for pixels alone. What is read of a chart is always the server's own text.
 */

export interface Range {
  readonly low: number;
  readonly high: number;
}

export type Scale = (value: number) => number;

/** A range without any extent stands in the middle. */
export const linear =
  ({ low, high }: Range, from: number, to: number): Scale =>
  (value) =>
    high === low ? (from + to) / 2 : from + ((value - low) / (high - low)) * (to - from);

/** What all values lie in; null where there is none. */
export function rangeOf(values: Iterable<number>): Range | null {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return low > high ? null : { low, high };
}

/** The same with room on both sides, in shares of its extent. */
export function padded({ low, high }: Range, share: number): Range {
  const room = high === low ? Math.abs(high) * share || 1 : (high - low) * share;
  return { low: low - room, high: high + room };
}

const STEPS = [1, 2, 2.5, 5, 10] as const;

/** Round values within a range, at most as many as asked for. */
export function ticksOf({ low, high }: Range, most: number): readonly number[] {
  if (!(high > low) || most < 1) return [low];
  const rough = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = (STEPS.find((one) => one * power >= rough) ?? 10) * power;
  const first = Math.ceil(low / step - EPSILON);
  const last = Math.floor(high / step + EPSILON);
  return Array.from({ length: last - first + 1 }, (_, place) => rounded((first + place) * step));
}

const EPSILON = 1e-9;
const DIGITS = 12;

/** Without the last bits, in which a multiple of a tenth differs from what is written. */
const rounded = (value: number): number => Number(value.toPrecision(DIGITS)) + 0;

/** The place of the value nearest to one that is asked for; -1 where there is none. */
export function nearest(ascending: readonly number[], wanted: number): number {
  let [low, high] = [0, ascending.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  const [before, after] = [ascending[low - 1], ascending[low]];
  if (before === undefined || after === undefined) return after === undefined ? -1 : low;
  return wanted - before <= after - wanted ? low - 1 : low;
}
