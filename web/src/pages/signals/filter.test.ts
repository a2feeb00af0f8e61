import { expect, it } from "vitest";
import { isFiltered, queryOf, signalFilter } from "./filter";

it("keeps what is a filter, and leaves out all else of an address", () => {
  expect(
    signalFilter({ state: "concluded", source: "trend", symbol: "ETH", stage: "enriched", x: 1 }),
  ).toEqual({ state: "concluded", source: "trend", symbol: "ETH", stage: "enriched" });
  expect(signalFilter({ state: "gone", source: "No!", symbol: "a b", stage: "concluded" })).toEqual(
    {},
  );
});

it("asks the gateway for what it lists, not for the stage that is looked at", () => {
  expect(queryOf({ state: "expired", stage: "received" })).toEqual({
    status: "expired",
    source: undefined,
    symbol: undefined,
  });
  expect(isFiltered({ stage: "received" })).toBe(false);
  expect(isFiltered({ symbol: "ETH" })).toBe(true);
});
