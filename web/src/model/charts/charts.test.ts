import fc from "fast-check";
import { expect, test } from "vitest";
import { areaPath, bandPath, linePath } from "./path";
import { linear, nearest, padded, rangeOf, ticksOf } from "./scale";
import { timeTicks } from "./times";

test("a scale maps its range to pixels, and what has no extent to the middle", () => {
  const scale = linear({ low: 10, high: 20 }, 100, 0);
  expect([scale(10), scale(15), scale(20)]).toEqual([100, 50, 0]);
  expect(linear({ low: 5, high: 5 }, 0, 40)(5)).toBe(20);
});

test("a range ignores what is no number", () => {
  expect(rangeOf([3, Number.NaN, -1, Number.POSITIVE_INFINITY])).toEqual({ low: -1, high: 3 });
  expect(rangeOf([Number.NaN])).toBeNull();
  expect(padded({ low: 0, high: 10 }, 0.1)).toEqual({ low: -1, high: 11 });
  expect(padded({ low: 0, high: 0 }, 0.1)).toEqual({ low: -1, high: 1 });
});

test("ticks are round numbers", () => {
  expect(ticksOf({ low: 9_870, high: 12_340 }, 5)).toEqual([
    10_000, 10_500, 11_000, 11_500, 12_000,
  ]);
  expect(ticksOf({ low: -0.31, high: 0 }, 4)).toEqual([-0.3, -0.2, -0.1, 0]);
});

test("ticks lie in their range, ascend, and are as many as asked for at most", () => {
  const number = fc.double({ min: -1e9, max: 1e9, noNaN: true });
  fc.assert(
    fc.property(number, fc.double({ min: 1e-3, max: 1e9, noNaN: true }), (low, extent) => {
      const range = { low, high: low + extent };
      const ticks = ticksOf(range, 6);
      expect(ticks.length).toBeLessThanOrEqual(7);
      const slack = extent * 1e-3 + Math.abs(low) * 1e-11;
      for (const tick of ticks) {
        expect(tick).toBeGreaterThanOrEqual(range.low - slack);
        expect(tick).toBeLessThanOrEqual(range.high + slack);
      }
    }),
    { numRuns: 50 },
  );
});

test("the nearest place is the one that a search through all finds", () => {
  const times = fc.uniqueArray(fc.integer({ min: 0, max: 1_000 }), { minLength: 1 });
  fc.assert(
    fc.property(times, fc.integer({ min: -50, max: 1_050 }), (given, wanted) => {
      const ascending = given.toSorted((left, right) => left - right);
      const best = Math.min(...ascending.map((one) => Math.abs(one - wanted)));
      const found = ascending[nearest(ascending, wanted)] ?? Number.NaN;
      expect(Math.abs(found - wanted)).toBe(best);
    }),
    { numRuns: 50 },
  );
  expect(nearest([], 1)).toBe(-1);
});

test("a line is broken where a place is missing", () => {
  const [a, b, c] = [
    { x: 0, y: 1.26 },
    { x: 10, y: 2 },
    { x: 20, y: 3 },
  ];
  expect(linePath([a, b, null, c])).toBe("M0 1.3L10 2M20 3");
  expect(linePath([])).toBe("");
});

test("bands and areas are closed", () => {
  const above = [
    { x: 0, y: 1 },
    { x: 10, y: 2 },
  ];
  const below = [
    { x: 0, y: 5 },
    { x: 10, y: 6 },
  ];
  expect(bandPath(above, below)).toBe("M0 1L10 2L10 6L0 5Z");
  expect(areaPath(above, 9)).toBe("M0 1L10 2L10 9L0 9Z");
  expect(areaPath([], 9)).toBe("");
  expect(bandPath([], [])).toBe("");
});

const at = (text: string): number => Date.parse(text);

test("an axis of time names days, hours or months, whichever fits", () => {
  const hours = { low: at("2026-01-01T00:10:00Z"), high: at("2026-01-01T06:00:00Z") };
  expect(timeTicks(hours, 4, "UTC").map(({ text }) => text)).toEqual(["02:00", "04:00", "06:00"]);
  const days = { low: at("2026-01-01T12:00:00Z"), high: at("2026-01-04T12:00:00Z") };
  expect(timeTicks(days, 4, "UTC").map(({ text }) => text)).toEqual(["2 Jan", "3 Jan", "4 Jan"]);
  const months = { low: at("2025-11-15T00:00:00Z"), high: at("2026-06-01T00:00:00Z") };
  expect(timeTicks(months, 4, "UTC").map(({ text }) => text)).toEqual([
    "Jan 2026",
    "Mar 2026",
    "May 2026",
  ]);
});
