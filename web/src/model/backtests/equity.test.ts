import fc from "fast-check";
import { expect, test } from "vitest";
import type { EquityPoint } from "./contract";
import { curveOf, deepestFall } from "./equity";

const point = (equity: string, drawdown: string): EquityPoint => ({
  time: "2026-01-01T00:00:00.000Z",
  equity,
  low: equity,
  high: equity,
  drawdown,
  cash: "0",
  exposure: "1",
  benchmark: "10000",
});

test("a drawdown is never above zero, however it is written", () => {
  const curve = curveOf([point("100", "0"), point("90", "0.1"), point("80", "-0.2")]);
  expect(curve.drawdown.map(Math.abs)).toEqual([0, 0.1, 0.2]);
  expect(curve.drawdown.every((one) => one <= 0)).toBe(true);
});

const flat = (values: readonly number[]) => ({ low: values, high: values });

test("the deepest fall goes from its peak to where the peak was reached again", () => {
  expect(deepestFall(flat([100, 120, 90, 110, 121, 115]))).toEqual({
    peak: 1,
    trough: 2,
    recovered: 4,
  });
  expect(deepestFall(flat([100, 120, 90, 110]))).toEqual({ peak: 1, trough: 2, recovered: null });
});

test("what only rises never fell", () => {
  expect(deepestFall(flat([1, 2, 3]))).toBeNull();
  expect(deepestFall(flat([]))).toBeNull();
});

test("no fall of any pair of points is deeper", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (values) => {
      const fall = deepestFall(flat(values));
      const depth = (peak: number, trough: number): number =>
        (values[trough] ?? 0) / (values[peak] ?? 1) - 1;
      const found = fall === null ? 0 : depth(fall.peak, fall.trough);
      for (let peak = 0; peak < values.length; peak++)
        for (let trough = peak + 1; trough < values.length; trough++)
          expect(depth(peak, trough)).toBeGreaterThanOrEqual(found);
    }),
    { numRuns: 50 },
  );
});
