import { describe, expect, it } from "vitest";
import type { AppliedLimits, PortfolioSummary } from "../generated/rest";
import { unmeasuredLimits, usagesOf } from "./usage";

const PORTFOLIO: PortfolioSummary = {
  portfolio_id: "fund",
  version: 12,
  as_of: 4711,
  state: "active",
  state_scope: null,
  state_reason: null,
  funded: true,
  cash_usd: "96500",
  equity_usd: null,
  gross_exposure_usd: "3500.009",
  net_exposure_usd: "-3500",
  realized_pnl_usd: "0",
  unrealized_pnl_usd: "0",
  realized_pnl: {},
  unrealized_pnl: {},
  day_pnl_usd: "-1.796203",
  peak_equity_usd: null,
  drawdown_bps: null,
  consecutive_losses: 2,
  gas_usd: "0",
  fees_usd: "0",
  fees: {},
  position_count: 1,
  open_intents: 3,
  claimed_usd: "0",
  budget_used_usd: "3500",
};

const limits = (...said: readonly (readonly [string, string])[]): AppliedLimits => ({
  policy_version: 1,
  policy_content: "9f2c",
  limits: said.map(([name, value]) => ({ name, value, scope: "defaults" })),
});

const usage = (portfolio: PortfolioSummary, name: string, value: string) =>
  usagesOf(portfolio, limits([name, value]))[0];

describe("what is used of limits", () => {
  it("has both numbers as the server said them, and cuts what is shown", () => {
    expect(usage(PORTFOLIO, "max_gross_exposure_usd", "10000")).toEqual({
      name: "max_gross_exposure_usd",
      scope: "defaults",
      limit: "10000",
      used: "3500.009",
      shown: "$3,500.00 of $10,000.00",
    });
  });

  it("takes a net exposure by its size", () => {
    expect(usage(PORTFOLIO, "max_net_exposure_usd", "10000")?.used).toBe("3500");
  });

  it("uses a limit on losses by losses alone", () => {
    expect(usage(PORTFOLIO, "max_daily_loss_usd", "1000")?.shown).toBe("$1.79 of $1,000.00");
    const gained = { ...PORTFOLIO, day_pnl_usd: "12.5" };
    expect(usage(gained, "max_daily_loss_usd", "1000")?.used).toBe("0");
  });

  it("says what is not known, and takes it for nothing", () => {
    const found = usage(PORTFOLIO, "max_drawdown_bps", "2000");
    expect(found?.used).toBeNull();
    expect(found?.shown.replaceAll("\u202f", " ")).toBe("not known, limit 20.00 %");
  });

  it("leaves the other limits to a list", () => {
    const applied = limits(["max_notional_usd", "5000"], ["max_open_intents", "20"]);
    expect(usagesOf(PORTFOLIO, applied).map(({ name }) => name)).toEqual(["max_open_intents"]);
    expect(unmeasuredLimits(applied).map(({ name }) => name)).toEqual(["max_notional_usd"]);
  });
});
