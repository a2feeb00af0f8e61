import { expect, it } from "vitest";
import { addressOfHit, isWorthSearching } from "./search";

it.each([
  [{ kind: "intent", id: "01M8" }, "/intent/01M8"],
  [{ kind: "transaction", id: "0xab", intent_id: "01M8" }, "/intent/01M8"],
  [{ kind: "event", id: "01M9", signal_id: "01M8" }, "/signal/01M8"],
  [{ kind: "dead_letter", id: "planner-workers-7" }, "/ops/dead-letters?open=planner-workers-7"],
  [{ kind: "portfolio", id: "fund" }, "/portfolio/fund"],
  [
    { kind: "instrument", id: "ethereum-WETH-USDC", label: "WETH/USDC" },
    "/intents?pair=WETH%2FUSDC",
  ],
  [{ kind: "portfolio", id: "../x" }, "/portfolio/..%2Fx"],
] as const)("%j leads to %s", (hit, address) => {
  expect(addressOfHit(hit)).toBe(address);
});

it("does not search for less than three characters", () => {
  expect(["ab", "abc"].map(isWorthSearching)).toEqual([false, true]);
});
