/**
 * How money, time and ids are written.
 *
 * A number is cut, never rounded up: what is shown may not exceed what is there. The full value is
 * always in the title and in what is copied.
 */
import { type Decimal, formatDecimal, fromBaseUnits, parseDecimal } from "./decimal";

const MINUS = "\u2212";
const NARROW_SPACE = "\u202f";
const LIST_PLACES = 4;
const DETAIL_PLACES = 6;
const USD_PLACES = 2;
const PRICE_PLACES = 4;
const SMALL_PRICE_PLACES = 6;

/** Whole tokens of a wire amount, for a detail or for a list. */
export const amount = (text: string, places = DETAIL_PLACES): string =>
  cut(parseDecimal(text), places);

/** Whole tokens of base units. */
export const units = (text: string, decimals: number, places = DETAIL_PLACES): string =>
  cut(fromBaseUnits(text, decimals), Math.min(places, decimals));

export const listAmount = (text: string): string => amount(text, LIST_PLACES);

export const usd = (text: string): string =>
  cut(parseDecimal(text), USD_PLACES).replace(/^(\u2212?<?)/, "$1$");

export function price(text: string): string {
  const value = parseDecimal(text);
  const isSmall = value.digits < 10n ** BigInt(value.scale);
  return cut(value, isSmall ? SMALL_PRICE_PLACES : PRICE_PLACES);
}

/** A fraction of 1, such as 0.0005, as a percentage. */
export function percent(text: string, places = 2): string {
  const { digits, scale } = parseDecimal(text);
  return `${cut({ digits: digits * 100n, scale }, places)}${NARROW_SPACE}%`;
}

/** A number in full, without zeros at its end. */
export const decimal = (text: string): string => shortest(parseDecimal(text));

/** A fraction of 1 as a percentage in full. */
export function exactPercent(text: string): string {
  const { digits, scale } = parseDecimal(text);
  return `${shortest({ digits: digits * 100n, scale })}${NARROW_SPACE}%`;
}

export const basisPoints = (bps: number): string =>
  percent(formatDecimal({ digits: BigInt(bps), scale: 4 }));

export function cut(value: Decimal, places: number): string {
  const sign = value.digits < 0n ? MINUS : "";
  const magnitude = {
    digits: value.digits < 0n ? -value.digits : value.digits,
    scale: value.scale,
  };
  const [whole = "0", fraction = ""] = formatDecimal(magnitude).split(".");
  const kept = fraction.slice(0, places).padEnd(places, "0");
  const shown = places === 0 ? grouped(whole) : `${grouped(whole)}.${kept}`;
  if (value.digits === 0n || /[1-9]/.test(shown)) return sign + shown;
  return `${sign}<${places === 0 ? "1" : `0.${"1".padStart(places, "0")}`}`;
}

function shortest(value: Decimal): string {
  const text = cut(value, value.scale);
  return value.scale === 0 ? text : text.replace(/\.?0+$/, "");
}

export const shortId = (id: string): string => `${id.slice(0, 4)}…${id.slice(-6)}`;
export const shortHash = (hash: string): string => `${hash.slice(0, 8)}…${hash.slice(-6)}`;
export const count = (value: number): string => grouped(String(value));

export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)}${NARROW_SPACE}ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(ms < 10_000 ? 3 : 1)}${NARROW_SPACE}s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return parts(minutes, "m", Math.floor((ms % 60_000) / 1_000), "s");
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return parts(hours, "h", minutes % 60, "m");
  return parts(Math.floor(hours / 24), "d", hours % 24, "h");
}

/** How long ago something was, in one unit. */
export function ago(iso: string, nowMs: number): string {
  const seconds = Math.max(0, Math.floor((nowMs - Date.parse(iso)) / 1_000));
  if (seconds < 60) return `${seconds}s ago`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}m ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)}h ago`;
  return `${Math.floor(seconds / 86_400)}d ago`;
}

export type Zone = "local" | "UTC";

/** Time of day with milliseconds. */
export const clock = (iso: string, zone: Zone): string =>
  formatter("clock", zone).format(Date.parse(iso));

/** Date and time with milliseconds and offset. */
export const moment = (iso: string, zone: Zone): string =>
  formatter("moment", zone).format(Date.parse(iso));

const CLOCK: Intl.DateTimeFormatOptions = {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
  hourCycle: "h23",
};
const MOMENT: Intl.DateTimeFormatOptions = {
  ...CLOCK,
  year: "numeric",
  month: "short",
  day: "2-digit",
  timeZoneName: "shortOffset",
};
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(kind: "clock" | "moment", zone: Zone): Intl.DateTimeFormat {
  const key = `${kind} ${zone}`;
  const known = formatters.get(key);
  if (known) return known;
  const options = kind === "clock" ? CLOCK : MOMENT;
  const made = new Intl.DateTimeFormat("en-GB", zone === "UTC" ? inUtc(options) : options);
  formatters.set(key, made);
  return made;
}

const inUtc = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormatOptions => ({
  ...options,
  ...(options.timeZoneName && { timeZoneName: "short" }),
  timeZone: "UTC",
});

const grouped = (digits: string): string => digits.replace(/\B(?=(\d{3})+(?!\d))/g, ",");

const parts = (large: number, largeUnit: string, small: number, smallUnit: string): string =>
  `${large}${NARROW_SPACE}${largeUnit} ${small}${NARROW_SPACE}${smallUnit}`;
