/** How everything stood after an event of the ledger, over REST: docs/contracts/rest.md. */
import type { LivePortfolio, TradingState } from "../../generated/rest";

export interface RefusalCount {
  readonly stage: string;
  readonly reason: string;
  readonly count: number;
}

export interface OpenFlowsThen {
  readonly kind: string;
  readonly last_topic: string;
  readonly count: number;
  readonly oldest_sequence: number;
  readonly oldest: string;
}

export interface StrategyPositionThen {
  readonly strategy_id: string;
  readonly instrument: string;
  readonly quantity: string;
  readonly average_cost: string | null;
  readonly realized_pnl: string;
  readonly fills: number;
  readonly last_fill_sequence: number;
}

export interface PriceThen {
  readonly instrument: string;
  readonly price_usd: string;
  readonly quote_price_usd: string | null;
  readonly sequence: number;
  readonly decided_at: string;
}

export interface HaltThen {
  readonly scope: string;
  readonly state: TradingState;
  readonly reason: string;
  readonly by: string;
  readonly since: string;
  readonly until: string | null;
}

export interface AsOf {
  readonly sequence: number;
  readonly recorded_at: string | null;
  readonly incarnation: string;
  readonly counters: {
    readonly events: number;
    readonly by_topic: Readonly<Record<string, number>>;
    readonly refusals: readonly RefusalCount[];
  } | null;
  readonly open_flows: readonly OpenFlowsThen[];
  readonly positions: readonly StrategyPositionThen[];
  readonly portfolio: LivePortfolio;
  readonly prices: readonly PriceThen[];
  readonly market: {
    readonly correlation_id: string;
    readonly sequence: number;
    readonly recorded_at: string;
  } | null;
  readonly limits: {
    readonly policy_version: number;
    readonly content: string | null;
    readonly applied_by: string;
    readonly applied_at: string;
    readonly sequence: number;
  } | null;
  readonly halts: readonly HaltThen[];
  readonly truncated: boolean;
}
