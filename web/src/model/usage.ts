/** How much of its limits a portfolio uses: both numbers are the server's. */
import type { AppliedLimits, PortfolioSummary } from "../generated/rest";
import { basisPoints, count, usd } from "./format";
import { limitText } from "./limits";

export interface Usage {
  readonly name: string;
  readonly scope: string;
  readonly limit: string;
  /** Null where the portfolio's figure is not known: then the limit refuses. */
  readonly used: string | null;
  /** `$3,500.00 of $10,000.00`. */
  readonly shown: string;
}

interface Measure {
  readonly of: (portfolio: PortfolioSummary) => string | number | null;
  readonly text: (value: string) => string;
}

const bps = (value: string): string => basisPoints(Number(value));
const number = (value: string): string => count(Number(value));

/** Only a loss uses a limit on losses. */
const loss = (text: string | null): string | null =>
  text === null ? null : text.startsWith("-") ? text.slice(1) : "0";

const magnitude = (text: string | null): string | null => text?.replace(/^-/, "") ?? null;

const MEASURES: Readonly<Record<string, Measure>> = {
  max_open_intents: { of: (one) => one.open_intents, text: number },
  daily_budget_usd: { of: (one) => one.budget_used_usd, text: usd },
  max_gross_exposure_usd: { of: (one) => one.gross_exposure_usd, text: usd },
  max_net_exposure_usd: { of: (one) => magnitude(one.net_exposure_usd), text: usd },
  max_daily_loss_usd: { of: (one) => loss(one.day_pnl_usd), text: usd },
  max_drawdown_bps: { of: (one) => one.drawdown_bps, text: bps },
  max_consecutive_losses: { of: (one) => one.consecutive_losses, text: number },
};

/** The limits that a figure of the portfolio uses, in the order in which they are named here. */
export function usagesOf(portfolio: PortfolioSummary, applied: AppliedLimits): readonly Usage[] {
  return Object.entries(MEASURES).flatMap(([name, { of, text }]) => {
    const limit = applied.limits.find((one) => one.name === name);
    if (limit === undefined) return [];
    const value = of(portfolio);
    const used = value === null ? null : String(value);
    const most = limitText(name, limit.value);
    const shown = used === null ? `not known, limit ${most}` : `${text(used)} of ${most}`;
    return [{ name, scope: limit.scope, limit: limit.value, used, shown }];
  });
}

/** The other limits in force: nothing of the portfolio as a whole uses them. */
export const unmeasuredLimits = (applied: AppliedLimits): AppliedLimits["limits"] =>
  applied.limits.filter(({ name }) => !(name in MEASURES));
