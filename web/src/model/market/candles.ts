/** Candles as shapes: where each stands by its time, so that a gap is as wide as it was long. */
import { linear, padded, type Range, rangeOf, type Scale } from "../charts/scale";
import type { CandleDocument, CandleGap } from "./contract";

export const INTERVALS_MS = {
  "1m": 60_000,
  "5m": 300_000,
  "15m": 900_000,
  "1h": 3_600_000,
  "4h": 14_400_000,
  "1d": 86_400_000,
} as const;

export type Interval = keyof typeof INTERVALS_MS;

export const INTERVALS = Object.keys(INTERVALS_MS) as readonly Interval[];

export const isInterval = (text: unknown): text is Interval =>
  INTERVALS.some((one) => one === text);

export interface CandleLayout {
  /** Of a candle, the time in its middle. */
  readonly x: Scale;
  readonly y: Scale;
  readonly times: Range;
  readonly prices: Range;
  /** How wide a body is, in pixels. */
  readonly bodyPx: number;
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const BODY_SHARE = 0.7;
const LEAST_BODY_PX = 1;
const MOST_BODY_PX = 14;

/** Null where there is no candle. */
export function layoutOf(
  candles: readonly CandleDocument[],
  interval: Interval,
  { left, right, top, bottom }: Box,
): CandleLayout | null {
  const length = INTERVALS_MS[interval];
  const begins = rangeOf(candles.map(({ time }) => Date.parse(time)));
  const prices = rangeOf(candles.flatMap(({ low, high }) => [Number(low), Number(high)]));
  if (begins === null || prices === null) return null;
  const times = { low: begins.low, high: begins.high + length };
  const shown = padded(prices, 0.06);
  const x = linear(times, left, right);
  const slot = x(times.low + length) - x(times.low);
  return {
    x,
    y: linear(shown, bottom, top),
    times,
    prices: shown,
    bodyPx: Math.max(LEAST_BODY_PX, Math.min(MOST_BODY_PX, slot * BODY_SHARE)),
  };
}

/** Where the middle of a candle stands. */
export const middleOf = (
  { time }: Pick<CandleDocument, "time">,
  interval: Interval,
  { x }: Pick<CandleLayout, "x">,
): number => x(Date.parse(time) + INTERVALS_MS[interval] / 2);

export const isRise = ({ open, close }: CandleDocument): boolean => Number(close) >= Number(open);

/** Bodies and wicks of candles as one path: hundreds of elements would be slow. */
export function candlesPath(
  candles: readonly CandleDocument[],
  interval: Interval,
  layout: CandleLayout,
): string {
  return candles.map((candle) => candlePath(candle, interval, layout)).join("");
}

function candlePath(candle: CandleDocument, interval: Interval, layout: CandleLayout): string {
  const middle = middleOf(candle, interval, layout);
  const [half, y] = [layout.bodyPx / 2, layout.y];
  const above = y(Math.max(Number(candle.open), Number(candle.close)));
  // What did not move is a line that can be seen.
  const below = Math.max(above + 1, y(Math.min(Number(candle.open), Number(candle.close))));
  const body = `M${tenths(middle - half)} ${tenths(above)}H${tenths(middle + half)}V${tenths(below)}H${tenths(middle - half)}Z`;
  const upper = `M${tenths(middle)} ${tenths(y(Number(candle.high)))}V${tenths(above)}`;
  const lower = `M${tenths(middle)} ${tenths(below)}V${tenths(y(Number(candle.low)))}`;
  return body + upper + lower;
}

const tenths = (pixels: number): number => Math.round(pixels * 10) / 10;

export interface Band {
  readonly left: number;
  readonly right: number;
}

/** Gaps between the first and the last candle, as bands of a pixel at least. */
export function gapBands(gaps: readonly CandleGap[], { x, times }: CandleLayout): readonly Band[] {
  return gaps.flatMap(({ from, to }) => {
    const begin = Math.max(times.low, Date.parse(from));
    const end = Math.min(times.high, Date.parse(to));
    return end <= begin ? [] : [{ left: x(begin), right: Math.max(x(begin) + 1, x(end)) }];
  });
}
