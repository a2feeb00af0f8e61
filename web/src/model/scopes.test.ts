import { describe, expect, it } from "vitest";
import type { TradingStateDocument } from "../generated/rest";
import {
  lookOfStanding,
  parseScope,
  scopeProblem,
  scopeText,
  scopeWords,
  worstOfEverything,
} from "./scopes";

const WALLET = "wallet:ethereum:0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266";

const state = (scope: string, changes: Partial<TradingStateDocument>): TradingStateDocument => ({
  scope,
  state: "halted",
  is_in_force: true,
  version: 1,
  reason: "prices look wrong",
  by: "desk",
  since: "2026-11-28T14:03:21.618Z",
  needs_person: false,
  ...changes,
});

describe("scopes", () => {
  it.each([
    ["everything", "Everything"],
    ["history", "History of the ledger"],
    ["portfolio:fund", "Portfolio fund"],
    ["instrument:ethereum-WETH-USDC", "Pair ethereum-WETH-USDC"],
    ["lock:ethereum-WETH-USDC", "Pair ethereum-WETH-USDC"],
    ["lock:fund:ethereum-WETH-USDC", "Pair ethereum-WETH-USDC in portfolio fund"],
    [WALLET, "Wallet 0xf39fd6…b92266 on ethereum"],
  ])("%s is read as %s, and written as it was", (text, words) => {
    expect(scopeWords(text)).toBe(words);
    expect(scopeText(parseScope(text))).toBe(text);
  });

  it.each([
    ["everything", ""],
    ["portfolio", "fund-1"],
    ["venue", "simulated"],
    ["wallet", WALLET.slice("wallet:".length)],
    ["lock", "fund:ethereum-WETH-USDC"],
  ] as const)("%s may be of %s", (kind, name) => {
    expect(scopeProblem({ kind, name })).toBeNull();
  });

  it.each([
    ["portfolio", ""],
    ["portfolio", "a b"],
    ["venue", "nowhere"],
    ["wallet", "0xf39f"],
    ["lock", "a:b:c"],
  ] as const)("%s may not be of %s", (kind, name) => {
    expect(scopeProblem({ kind, name })).not.toBeNull();
  });
});

describe("trading states", () => {
  it("are called what they are", () => {
    expect(lookOfStanding(state("portfolio:fund", {})).word).toBe("Halted");
    expect(lookOfStanding(state("lock:ethereum-WETH-USDC", {})).word).toBe("Locked");
    expect(lookOfStanding(state("portfolio:fund", { is_in_force: false })).word).toBe("Ended");
  });

  it("count for everything only where they are of everything and in force", () => {
    expect(worstOfEverything([state("portfolio:fund", {})])).toBe("active");
    expect(worstOfEverything([state("everything", { is_in_force: false })])).toBe("active");
    expect(
      worstOfEverything([state("everything", { state: "reducing" }), state("history", {})]),
    ).toBe("halted");
  });
});
