import { describe, expect, it } from "vitest";
import { limitsByScope, limitText, span } from "./limits";

const plain = (text: string): string => text.replaceAll("\u202f", " ");

describe("limits", () => {
  it.each([
    ["max_notional_usd", "10000", "$10,000.00"],
    ["max_slippage_bps", 50, "0.50 %"],
    ["cooldown_seconds", 90, "1 min 30 s"],
    ["max_open_intents", 20, "20"],
    ["max_leverage", "2.5", "2.5×"],
    ["lot_amount", "0.001", "0.001"],
    ["max_order_amount", "1234567.000000000000000001", "1,234,567.000000000000000001"],
    ["short_allowed", false, "not allowed"],
    ["short_allowed", "yes", "allowed"],
    ["a_limit_of_tomorrow", "7", "7"],
    ["max_notional_usd", "none", "none"],
  ])("%s of %s is written %s", (name, value, shown) => {
    expect(plain(limitText(name, value))).toBe(shown);
  });

  it("says spans in words", () => {
    expect([0, 5, 60, 3_600, 90_061].map(span).map(plain)).toEqual([
      "0 s",
      "5 s",
      "1 min",
      "1 h",
      "1 d 1 h 1 min 1 s",
    ]);
  });

  it("lists a policy by scope, in the order of the checks, without empty scopes", () => {
    const scopes = limitsByScope({
      hard: {},
      defaults: { daily_budget_usd: "50000", max_notional_usd: "5000", max_open_intents: null },
      portfolios: {
        fund: {
          short_allowed: false,
          instruments: { "ethereum-WETH-USDC": { max_position_amount: "6" } },
        },
      },
      instruments: { "ethereum-WETH-USDC": { lot_amount: "0.001" } },
    });
    expect(scopes.map(({ scope }) => scope)).toEqual([
      "defaults",
      "portfolio fund",
      "portfolio fund, instrument ethereum-WETH-USDC",
      "instrument ethereum-WETH-USDC",
    ]);
    expect(scopes[0]?.limits).toEqual([
      { name: "max_notional_usd", value: "5000" },
      { name: "daily_budget_usd", value: "50000" },
    ]);
    expect(scopes[1]?.limits).toEqual([{ name: "short_allowed", value: false }]);
  });
});
