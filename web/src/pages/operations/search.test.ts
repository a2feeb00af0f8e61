import { expect, test } from "vitest";
import { isTab, searchOf } from "./search";

test("an address says what is shown", () => {
  expect(searchOf({ state: "resolved", reason: "CONFLICT", after: 600, open: "a-7" })).toEqual({
    state: "resolved",
    reason: "CONFLICT",
    after: 600,
    open: "a-7",
  });
});

test("the id of a quarantined message is a number", () => {
  expect(searchOf({ open: 12 }).open).toBe(12);
});

test.each([
  { state: "closed" },
  { reason: "RETRIES_EXHAUSTED" },
  { after: -1 },
  { after: 0 },
  { after: "later" },
  { open: "" },
  { open: "x".repeat(201) },
])("what is wrong in an address is as if it was not there: %o", (given) => {
  expect(Object.values(searchOf(given)).filter((value) => value !== undefined)).toEqual([]);
});

test("only tabs that exist are tabs", () => {
  expect(["roles", "dead-letters", "events"].every(isTab)).toBe(true);
  expect(["", "dead_letters", "Roles", "toString"].some(isTab)).toBe(false);
});
