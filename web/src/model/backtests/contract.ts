/** The documents of back-tests over REST: docs/contracts/rest.md. */
import type { Costs, Manifest, Metrics, Run } from "../../generated/contracts";

export type { Costs, Manifest, Metrics, Run } from "../../generated/contracts";

export type RunStatus = "queued" | "running" | "completed" | "failed" | "cancelled";
export type Outcome = "filled" | "reverted" | "refused";

/** What lists show of a result. */
export interface RunSummary {
  readonly total_return: string | null;
  readonly max_drawdown: string | null;
  readonly sharpe: string | null;
  readonly trades: number;
}

export interface RunDocument {
  readonly run_id: string;
  readonly correlation_id: string;
  readonly label: string | null;
  readonly status: RunStatus;
  /** The name of a strategy, a dataset of signals, or `recorded`. */
  readonly strategy: string;
  readonly instruments: readonly string[];
  readonly from: string;
  readonly to: string;
  readonly sweep_id: string | null;
  readonly requested_by: string | null;
  readonly candles_total: number;
  readonly candles_processed: number;
  readonly percent: string;
  readonly created_at: string;
  readonly started_at: string | null;
  readonly completed_at: string | null;
  readonly summary: RunSummary | null;
}

export interface RunDetail extends RunDocument {
  readonly bars_per_second: number | null;
  readonly eta_seconds: number | null;
  readonly trades: number;
  readonly equity: string | null;
  readonly manifest_sha256: string;
  readonly result_sha256: string | null;
  readonly signals_sha256: string | null;
  readonly reason: string | null;
  readonly detail: string | null;
  readonly at: string | null;
  readonly cancelled_by: string | null;
  readonly manifest: Manifest;
}

export interface Month {
  readonly month: string;
  readonly total_return: string | null;
  readonly trades: number;
}

export interface OfInstrument {
  readonly instrument: string;
  readonly profit: string;
  readonly trades: number;
  readonly volume: string;
}

export interface Results {
  readonly exactness: "exact" | "recorded" | "modelled";
  readonly metrics: Metrics & { readonly costs: Costs };
  readonly months: readonly Month[];
  readonly instruments: readonly OfInstrument[];
  readonly guards: Readonly<Record<string, string>>;
  readonly result_sha256: string;
  readonly signals_sha256: string;
}

export interface EquityPoint {
  readonly time: string;
  readonly equity: string;
  readonly low: string;
  readonly high: string;
  readonly drawdown: string;
  readonly cash: string;
  readonly exposure: string;
  readonly benchmark: string;
}

export interface EquityCurve {
  readonly points: readonly EquityPoint[];
  readonly total: number;
}

export interface Trade {
  readonly number: number;
  readonly time: string;
  readonly filled_at?: string | null;
  readonly instrument: string;
  readonly side: "acquire" | "dispose";
  readonly outcome: Outcome;
  readonly amount_in: string;
  readonly amount_out: string;
  readonly price?: string | null;
  readonly notional: string;
  readonly fee: string;
  readonly gas: string;
  readonly impact_bps?: string | null;
  readonly profit?: string | null;
  readonly position_after: string;
  readonly reason?: string | null;
  readonly detail?: string | null;
}

/** What is asked for: a run with much left to be filled in, and how it is called. */
export interface WantedRun extends Omit<Partial<Run>, "limits" | "data"> {
  readonly label?: string;
  readonly data?: {
    readonly kind: "candles";
    readonly dataset: string;
    readonly interval?: string;
  };
  readonly limits?: "current";
  readonly sweep?: Readonly<Record<string, readonly (string | number | boolean)[]>>;
}

/** A run or a sweep that is kept and will be made, or a run that was made before. */
export interface AcceptedRun {
  readonly run_id?: string | null;
  readonly sweep_id?: string | null;
  readonly correlation_id: string;
  readonly status: RunStatus;
  readonly reused: boolean;
}

export interface StrategyParameter {
  readonly kind: "integer" | "decimal" | "text" | "flag";
  readonly default?: boolean | number | string | null;
  readonly minimum?: string | null;
  readonly maximum?: string | null;
  readonly choices?: readonly (boolean | number | string)[];
  readonly doc?: string;
}

export interface StrategyDocument {
  readonly name: string;
  readonly version: string;
  readonly sha256: string;
  readonly params?: Readonly<Record<string, StrategyParameter>>;
  readonly doc?: string;
}

export interface DatasetDocument {
  readonly dataset_id: string;
  readonly kind: "candles" | "signals" | "pool_events";
  readonly instrument?: string | null;
  readonly interval?: string | null;
  readonly from: string;
  readonly to: string;
  readonly rows: number;
  readonly gaps_total?: number;
}

export interface FieldDifference {
  readonly field: string;
  readonly a: string | null;
  readonly b: string | null;
}

export interface MetricDifference {
  readonly metric: string;
  readonly a: string | null;
  readonly b: string | null;
  /** B less A. */
  readonly difference: string | null;
}

export interface TradeDifference {
  readonly number: number;
  readonly cause: "signals" | "execution";
  readonly a: Trade | null;
  readonly b: Trade | null;
}

export interface ComparedRuns {
  readonly a: RunDocument;
  readonly b: RunDocument;
  readonly is_equal: boolean;
  readonly are_signals_equal: boolean;
  readonly manifest: readonly FieldDifference[];
  readonly metrics: readonly MetricDifference[];
  readonly first_trade: TradeDifference | null;
  readonly trades_compared: number;
}

/** A sweep; what is to be thought of its best run is known once it is over. */
export interface SweepDocument {
  readonly sweep_id: string;
  readonly status: RunStatus;
  readonly label: string | null;
  readonly trials_total?: number | null;
  readonly trials_requested?: number;
  readonly best_run_id?: string | null;
  readonly detail?: string | null;
  readonly table?: {
    readonly trials: readonly {
      readonly run_id: string;
      readonly params: Readonly<Record<string, boolean | number | string>>;
    }[];
    readonly deflated_sharpe?: string | null;
    readonly overfitting_probability?: string | null;
    readonly out_of_sample_return?: string | null;
    readonly undefined: Readonly<Record<string, string>>;
  } | null;
}
