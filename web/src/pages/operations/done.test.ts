import { expect, test } from "vitest";
import type { PlatformEvent } from "../../generated/contracts";
import { DOING, doneBy } from "./done";

type Told = Pick<PlatformEvent, "topic" | "payload">;

test.each<[Told, string, string | null]>([
  [
    {
      topic: "system.dead_letter_resolved",
      payload: { deadLetterId: "planner-workers-7", note: "a test wrote it", requestedBy: "ops" },
    },
    "Dead letter planner-workers-7 resolved: a test wrote it",
    "ops",
  ],
  [
    { topic: "system.dead_letter_retried", payload: { deadLetterId: "planner-workers-7" } },
    "Dead letter planner-workers-7 sent again",
    null,
  ],
  [
    {
      topic: "system.dead_letter_retried",
      payload: { deadLetterId: "planner-workers-7", note: "prices are back", requestedBy: "ops" },
    },
    "Dead letter planner-workers-7 sent again: prices are back",
    "ops",
  ],
  [
    {
      topic: "system.trading_state_changed",
      payload: { scope: "global", state: "halted", reason: "drill", by: "ops" },
    },
    "global is halted: drill",
    "ops",
  ],
  [
    {
      topic: "wallet.resumed",
      payload: { walletId: "1-0xab", resumedBy: "ops", note: "a gift", adjustments: [] },
    },
    "Wallet 1-0xab resumed: a gift",
    "ops",
  ],
])("%o is told in a line", (event, what, by) => {
  expect(doneBy(event)).toEqual({ what, by });
});

test("an amount that came is cut and never rounded up", () => {
  const token = { symbol: "USDC", chain: "ethereum", address: "0x00", decimals: 6 };
  const funded = { portfolioId: "fund", token, amount: "0.9999999", requestedBy: "ops" };
  expect(doneBy({ topic: "portfolio.funded", payload: { ...funded, direction: "in" } }).what).toBe(
    "0.999999 USDC to fund",
  );
  expect(doneBy({ topic: "portfolio.funded", payload: { ...funded, direction: "out" } }).what).toBe(
    "0.999999 USDC from fund",
  );
});

test("what is not listed is not told", () => {
  const listed: readonly string[] = DOING;
  expect(listed).not.toContain("exec.completed");
  const { what } = doneBy({ topic: "exec.completed", payload: {} } as unknown as Told);
  expect(what).toBe("");
});
