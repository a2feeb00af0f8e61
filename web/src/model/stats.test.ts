import { expect, it } from "vitest";
import type { Bucket } from "../generated/rest";
import { isSpan, sinceOf } from "../pages/overview/window";
import { countOf, PARTS } from "./stats";

it("counts states together", () => {
  const counts = [
    { state: "failed", count: 2 },
    { state: "completed", count: 5 },
    { state: "expired", count: 1 },
  ] as const;
  expect(countOf(counts, "failed", "expired")).toBe(3);
  expect(countOf(counts, "cancelled")).toBe(0);
});

it("makes a bar of everything that was submitted", () => {
  const bucket: Bucket = {
    at: "2026-11-28T04:00:00.000Z",
    submitted: 63,
    completed: 1,
    refused: 2,
    failed: 4,
    expired: 8,
    cancelled: 16,
    open: 32,
  };
  expect(PARTS.reduce((sum, part) => sum + part.of(bucket), 0)).toBe(bucket.submitted);
});

it("begins a span so long before now", () => {
  const now = Date.parse("2026-11-28T04:00:00.000Z");
  expect(sinceOf("1h", now)).toBe("2026-11-28T03:00:00.000Z");
  expect(sinceOf("7d", now)).toBe("2026-11-21T04:00:00.000Z");
  expect(["1h", "2h", "", undefined].map(isSpan)).toEqual([true, false, false, false]);
});
