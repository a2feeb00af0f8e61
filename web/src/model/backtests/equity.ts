/** The equity curve of a run as numbers for its picture, and its deepest fall. */
import type { EquityPoint } from "./contract";

/** Columns of equal length, the oldest first. */
export interface Curve {
  readonly times: readonly number[];
  readonly equity: readonly number[];
  readonly low: readonly number[];
  readonly high: readonly number[];
  /** At most 0. */
  readonly drawdown: readonly number[];
  readonly benchmark: readonly number[];
}

export function curveOf(points: readonly EquityPoint[]): Curve {
  return {
    times: points.map(({ time }) => Date.parse(time)),
    equity: points.map((point) => Number(point.equity)),
    low: points.map((point) => Number(point.low)),
    high: points.map((point) => Number(point.high)),
    drawdown: points.map((point) => -Math.abs(Number(point.drawdown))),
    benchmark: points.map((point) => Number(point.benchmark)),
  };
}

/** Places in the curve: from the peak over the lowest point to where the peak was reached again. */
export interface Fall {
  readonly peak: number;
  readonly trough: number;
  /** Null while it has not recovered. */
  readonly recovered: number | null;
}

/** The deepest fall, by the highest and lowest of each bucket; null where equity never fell. */
export function deepestFall({ low, high }: Pick<Curve, "low" | "high">): Fall | null {
  let [peak, deepest] = [0, 0];
  let found: { readonly peak: number; readonly trough: number } | null = null;
  low.forEach((lowest, place) => {
    const top = high[peak] ?? 0;
    const depth = top > 0 ? lowest / top - 1 : 0;
    if (depth < deepest) {
      deepest = depth;
      found = { peak, trough: place };
    }
    if ((high[place] ?? 0) > top) peak = place;
  });
  return found === null ? null : recovery(found, high);
}

function recovery(fall: Pick<Fall, "peak" | "trough">, high: readonly number[]): Fall {
  const top = high[fall.peak] ?? 0;
  const recovered = high.findIndex((value, place) => place > fall.trough && value >= top);
  return { ...fall, recovered: recovered < 0 ? null : recovered };
}
