import { expect, test } from "vitest";
import { compounded, strengthOf, yearsOf } from "./months";

const month = (name: string, total_return: string | null) => ({
  month: name,
  total_return,
  trades: 1,
});

test("months stand in the row of their year, the newest year first", () => {
  const rows = yearsOf([
    month("2025-11", "0.1"),
    month("2025-12", "0.1"),
    month("2026-01", "-0.5"),
  ]);
  expect(rows.map(({ year }) => year)).toEqual(["2026", "2025"]);
  expect(rows[0]?.months.map((one) => one?.total_return ?? "")).toEqual([
    "-0.5",
    ...Array.from({ length: 11 }, () => ""),
  ]);
  expect(rows[1]?.months[10]?.month).toBe("2025-11");
  expect(rows[1]?.total).toBe("0.21");
});

test("returns compound, and are cut rather than rounded", () => {
  expect(compounded(["0.5", "-0.5"])).toBe("-0.25");
  expect(compounded(["0.000001", "0.000001"])).toBe("0.000002");
  expect(compounded([])).toBe("0");
  expect(compounded(["0.1", null])).toBeNull();
});

test("a return is coloured by its size, to a limit", () => {
  expect([strengthOf("0.025"), strengthOf("-0.2"), strengthOf(null)]).toEqual([0.5, -1, 0]);
});
