/** Axes of time: moments that people name, and how they are written. */
import type { Zone } from "../format";
import type { Range } from "./scale";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const LENGTHS_MS = [
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE_MS),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR_MS),
  ...[1, 2, 7, 14].map((days) => days * DAY_MS),
];
const MONTHS = [1, 2, 3, 6, 12, 24, 60, 120] as const;
const MONTH_MS = 30.4375 * DAY_MS;

export interface TimeTick {
  readonly ms: number;
  readonly text: string;
}

/** Beginnings of minutes, hours, days or months in a range, in UTC; at most as many as asked for. */
export function timeTicks(range: Range, most: number, zone: Zone): readonly TimeTick[] {
  const rough = (range.high - range.low) / Math.max(1, most);
  const length = LENGTHS_MS.find((one) => one >= rough);
  const moments = length === undefined ? monthsIn(range, rough) : multiplesIn(range, length);
  const kind = length === undefined ? "month" : length < DAY_MS ? "clock" : "day";
  // Days begin in UTC, as those of a run do: in another zone they would be named a day too early.
  const shown = kind === "clock" ? zone : "UTC";
  return moments.map((ms) => ({ ms, text: formatter(kind, shown).format(ms) }));
}

function multiplesIn({ low, high }: Range, length: number): readonly number[] {
  const first = Math.ceil(low / length);
  const last = Math.floor(high / length);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => (first + at) * length);
}

function monthsIn({ low, high }: Range, rough: number): readonly number[] {
  const step = MONTHS.find((months) => months * MONTH_MS >= rough) ?? 120;
  const start = new Date(low);
  const first = start.getUTCFullYear() * 12 + start.getUTCMonth();
  const found: number[] = [];
  for (let month = Math.ceil(first / step) * step; ; month += step) {
    const ms = Date.UTC(Math.floor(month / 12), month % 12);
    if (ms > high) return found;
    if (ms >= low) found.push(ms);
  }
}

const FORMATS = {
  clock: { hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  day: { day: "numeric", month: "short" },
  month: { month: "short", year: "numeric" },
} as const satisfies Readonly<Record<string, Intl.DateTimeFormatOptions>>;

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(kind: keyof typeof FORMATS, zone: Zone): Intl.DateTimeFormat {
  const key = `${kind} ${zone}`;
  const known = formatters.get(key);
  if (known !== undefined) return known;
  const options: Intl.DateTimeFormatOptions = { ...FORMATS[kind] };
  if (zone === "UTC") options.timeZone = "UTC";
  const made = new Intl.DateTimeFormat("en-GB", options);
  formatters.set(key, made);
  return made;
}
