import { describe, expect, it } from "vitest";
import type {
  ApprovalDocument,
  SignalApprovalDocument,
  TradingStateDocument,
  WalletDocument,
} from "../generated/rest";
import { needsOf } from "./attention";

const state = (given: Partial<TradingStateDocument>): TradingStateDocument => ({
  scope: "everything",
  state: "halted",
  is_in_force: true,
  version: 1,
  reason: "prices look wrong",
  by: "somebody",
  since: "2026-11-28T04:08:31.000Z",
  needs_person: true,
  ...given,
});

const approval = (given: Partial<ApprovalDocument>): ApprovalDocument => ({
  intent_id: "01M8G5E8C33SMXKYM4C561G409",
  portfolio_id: "fund",
  strategy_id: "alpha",
  instrument: "ethereum-WETH-USDC",
  intent_type: "acquire",
  amount: "10",
  notional_usd: "30052",
  price_usd: "3005.2",
  threshold_usd: "25000",
  threshold_scope: null,
  policy_version: 1,
  required_at: "2026-11-28T04:08:31.000Z",
  expires_at: "2026-11-28T05:08:31.000Z",
  ...given,
});

const titles = (...given: Parameters<typeof needsOf>): string[] =>
  needsOf(...given).map(({ title }) => title);

describe("what needs a person", () => {
  it("is nothing while nothing is known", () => {
    expect(needsOf({})).toEqual([]);
  });

  it("is a halt in force, and none that is over", () => {
    const states = [state({}), state({ scope: "portfolio:fund", is_in_force: false })];
    expect(titles({ states })).toEqual(["Halted: Everything"]);
  });

  it("is no lock that ends by itself", () => {
    const lock = { scope: "lock:ethereum-WETH-USDC", until: "2026-11-28T05:00:00.000Z" };
    expect(titles({ states: [state({ ...lock, needs_person: false })] })).toEqual([]);
    expect(titles({ states: [state(lock)] })).toHaveLength(1);
  });

  it("is an approval that nobody has answered", () => {
    const approvals = [approval({}), approval({ intent_id: "other", verdict: "approved" })];
    expect(needsOf({ approvals })).toEqual([
      expect.objectContaining({
        title: "Approve or refuse: buy 10 WETH",
        detail: "worth $30,052.00, portfolio fund",
        to: "/intent/01M8G5E8C33SMXKYM4C561G409",
      }),
    ]);
  });

  it("is a wallet that signs nothing", () => {
    const wallet = { wallet_id: "1", name: "0xf39F…2266", halted_reason: null };
    const wallets = [
      { ...wallet, state: "frozen" },
      { ...wallet, state: "ready" },
    ] as unknown as readonly WalletDocument[];
    expect(titles({ wallets })).toEqual(["Wallet 0xf39F…2266 is frozen"]);
  });

  it("is a role that nobody runs, and what it gave up", () => {
    const role = {
      kind: "pool",
      processes: 0,
      missing_processes: 1,
      loops: [],
      queue_groups: [],
    } as const;
    const roles = {
      items: [
        { ...role, role: "planner", status: "missing", last_dead_letter: null },
        { ...role, role: "risk", status: "alive", last_dead_letter: null },
      ],
      backlogs: {
        parked: 3,
        oldest_parked_seconds: "1",
        quarantined: 2,
        open_dead_letters: 1,
        stalled: 2,
      },
    } as const;
    expect(titles({ roles })).toEqual([
      "Nobody runs the planner",
      "1 dead letter",
      "2 stalled histories",
    ]);
  });

  it("names a signal that waits for a person, and leads to it", () => {
    const waiting: SignalApprovalDocument = {
      signal_id: "01M8J0V2PKC5T7R1Y0ZQ8N4XWB",
      portfolio_id: "fund",
      strategy_id: "alpha",
      instrument: "ethereum-WETH-USDC",
      signal: {
        event_type: "OPEN_SIGNAL",
        symbol: "ETH",
        signal_direction: "long",
        entry_price: "3005.2",
        size: "0.8",
        ts_utc: "2026-11-28T04:08:30.000Z",
        source: "chart",
      },
      mid_price: "3005.9",
      arithmetic: { voting: 1, answered: 1, needed: 1, amount: "0.8" },
      required_at: "2026-11-28T04:08:31.000Z",
      expires_at: "2026-11-28T04:12:31.000Z",
    };
    expect(needsOf({ signals: [waiting] })).toEqual([
      expect.objectContaining({
        title: "Approve or decline: Open long 0.8 ETH",
        to: `/signal/${waiting.signal_id}`,
      }),
    ]);
  });
});
