import { expect, test } from "vitest";
import { candlesPath, gapBands, isInterval, isRise, layoutOf, middleOf } from "./candles";
import type { CandleDocument } from "./contract";

const candle = (minute: number, open: string, close: string): CandleDocument => ({
  time: new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString(),
  open,
  high: "110",
  low: "90",
  close,
  volume: null,
  ticks: 3,
  closed: true,
});
const BOX = { left: 0, right: 100, top: 0, bottom: 100 };

test("a candle stands in the middle of its time, and a gap stays as wide as it is long", () => {
  const candles = [candle(0, "100", "101"), candle(9, "101", "100")];
  const layout = layoutOf(candles, "1m", BOX);
  if (layout === null) throw new Error("there are candles");
  expect(candles.map((one) => middleOf(one, "1m", layout))).toEqual([5, 95]);
  const at = (minute: number): string => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
  expect(gapBands([{ from: at(1), to: at(9) }], layout)).toEqual([{ left: 10, right: 90 }]);
  expect(gapBands([{ from: at(-20), to: at(-1) }], layout)).toEqual([]);
  expect(layout.bodyPx).toBe(7);
});

test("all candles of a direction are one path", () => {
  const candles = [candle(0, "100", "105"), candle(1, "105", "105")];
  const layout = layoutOf(candles, "1m", BOX);
  if (layout === null) throw new Error("there are candles");
  const path = candlesPath(candles, "1m", layout);
  expect(path.match(/Z/g)).toHaveLength(2);
  expect(path).not.toContain("NaN");
});

test("without candles there is no chart", () => {
  expect(layoutOf([], "1m", BOX)).toBeNull();
});

test("what closed where it opened did not fall", () => {
  expect([isRise(candle(0, "5", "5")), isRise(candle(0, "5", "4.9"))]).toEqual([true, false]);
  expect([isInterval("4h"), isInterval("2h"), isInterval(3)]).toEqual([true, false, false]);
});
