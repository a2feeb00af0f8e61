import { expect, test } from "vitest";
import type { PlatformEvent } from "../../generated/contracts";
import { bookingsOf } from "./booking";

const AT = "2026-11-28T04:08:30.925Z";
const event = (topic: string, payload: unknown): PlatformEvent =>
  ({ eventId: "E", timestamp: AT, topic, payload }) as unknown as PlatformEvent;

test("the books begin with what a wallet held", () => {
  const balances = [
    { currency: "ETH", decimals: 18, amount: "5" },
    { currency: "USDC", token: "0xcc", decimals: 6, amount: "7" },
  ];
  const [native, token] = bookingsOf(
    event("wallet.registered", { walletId: "1-0xab", blockNumber: 4, balances }),
  );
  expect(native).toMatchObject({ kind: "opening", currency: "ETH", token: null, amount: "5" });
  expect(token).toMatchObject({ token: "0xcc", decimals: 6, why: "held in block 4", at: AT });
});

test("of a comparison only what was explained is booked", () => {
  const parts = [
    { cause: "DEPOSIT", amount: "5", consequence: "booked", evidence: "a log" },
    { cause: "DUST", amount: "1", consequence: "noted", evidence: "" },
    { cause: "UNEXPLAINED", amount: "-3", consequence: "frozen", evidence: "" },
  ];
  const record = { wallet_id: "1-0xab", currency: "USDC", token: "0xcc", decimals: 6, parts };
  const records = [record, { ...record, parts: [] }];
  expect(bookingsOf(event("wallet.reconciled", { report: { records } }))).toEqual([
    {
      key: "E-0",
      kind: "explained",
      walletId: "1-0xab",
      currency: "USDC",
      token: "0xcc",
      decimals: 6,
      amount: "5",
      cause: "DEPOSIT",
      why: "a log",
      at: AT,
    },
  ]);
});

test("what an operator answered for is booked under the note", () => {
  const adjustments = [{ currency: "USDC", token: "0xcc", amount: "-3" }];
  const payload = { walletId: "1-0xab", note: "a gift", resumedBy: "ops", adjustments };
  expect(bookingsOf(event("wallet.resumed", payload))).toMatchObject([
    { kind: "answered", amount: "-3", decimals: null, why: "ops: a gift" },
  ]);
});

test("other events book nothing", () => {
  expect(bookingsOf(event("wallet.transaction_settled", {}))).toEqual([]);
});
