import { expect, test } from "vitest";
import type {
  DriftPart,
  DriftRecord,
  ReconciliationReport,
  WalletCheck,
} from "../../generated/rest";
import { driftTone, found, freezing, held, recordOf, shownReason, signed } from "./drift";

const WALLET = "1-0xab";
const check = (given: Partial<WalletCheck> = {}): WalletCheck => ({
  wallet_id: WALLET,
  name: "hot",
  address: "0xab",
  frozen: false,
  ...given,
});
const part = (given: Partial<DriftPart> = {}): DriftPart => ({
  cause: "DEPOSIT",
  amount: "5",
  consequence: "booked",
  evidence: "a log",
  ...given,
});
const record = (given: Partial<DriftRecord> = {}): DriftRecord => ({
  wallet_id: WALLET,
  wallet_name: "hot",
  currency: "USDC",
  token: "0xcc",
  decimals: 6,
  ledger_balance: "1",
  chain_balance: "2",
  drift: "1",
  within_threshold: false,
  ...given,
});
const report = (given: Partial<ReconciliationReport> = {}): ReconciliationReport => ({
  id: "1",
  timestamp: "2026-11-28T04:08:30.925Z",
  threshold: "0.0001",
  total_wallets: 1,
  drifts_detected: 0,
  drifts_within_threshold: 0,
  drifts_exceeding_threshold: 0,
  wallets: [check()],
  records: [],
  ...given,
});

test.each([
  ["5.000000", 6, "+5.000000"],
  ["-0.5", 18, "\u22120.500000"],
  ["0.000000000000000001", 18, "+<0.000001"],
  ["-0.000000000000000001", 18, "\u2212<0.000001"],
  ["0.000000", 6, "0"],
  ["-0", 6, "0"],
])("a difference has its sign: %s", (text, decimals, shown) => {
  expect(signed(text, decimals)).toBe(shown);
});

test("nothing has more decimals than its token", () => {
  expect(held("12.5", 2)).toBe("12.50");
  expect(held("12.1234567", 18)).toBe("12.123456");
});

test("a loss is worse than a gain", () => {
  expect(["-1", "1", "0.0"].map(driftTone)).toEqual(["bad", "warn", "idle"]);
});

test("a token's record is that of the newest report that compared its wallet", () => {
  const newest = record({ drift: "3" });
  const reports = [
    report({ wallets: [check({ skipped: "IN_FLIGHT" })], records: [] }),
    report({ records: [record({ token: null, currency: "ETH" }), newest] }),
    report({ records: [record()] }),
  ];
  expect(recordOf(reports, WALLET, { token: "0xcc" })).toBe(newest);
  expect(recordOf(reports, WALLET, { token: null })?.currency).toBe("ETH");
  expect(recordOf(reports, "1-0xcd", { token: "0xcc" })).toBeUndefined();
});

test("native currency has no address in a record and in a balance", () => {
  const { token: _, ...native } = record({ currency: "ETH" });
  const reports = [report({ records: [native] })];
  expect(recordOf(reports, WALLET, { token: null })?.currency).toBe("ETH");
});

test("somebody has to answer for what froze the wallet, and for nothing else", () => {
  const lost = part({ cause: "UNEXPLAINED", consequence: "frozen" });
  expect(freezing(record({ parts: [part(), lost] }))).toEqual([lost]);
  expect(freezing(undefined)).toEqual([]);
});

test.each([
  [
    "drift: UNEXPLAINED -1 USDC: `tradewind wallet resume --note` answers for it",
    "UNEXPLAINED -1 USDC",
  ],
  ["nonce gap: the chain waits for nonce 7", "nonce gap: the chain waits for nonce 7"],
])("what halted a wallet is said without the command: %s", (reason, shown) => {
  expect(shownReason(reason)).toBe(shown);
});

test("a report says what it found and what it could not compare", () => {
  expect(found(report())).toBe("no difference");
  expect(found(report({ drifts_detected: 1 }))).toBe("1 difference");
  expect(
    found(
      report({ drifts_detected: 2, total_wallets: 3, wallets: [check({ skipped: "BLOCK_GONE" })] }),
    ),
  ).toBe("2 differences, 1 of 3 not compared");
});
