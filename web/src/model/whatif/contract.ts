/** What other limits would have done to what was decided: `POST /whatif`. */

export interface WantedLimits {
  readonly max_notional_usd?: string;
  readonly max_slippage?: string;
  readonly max_position_usd?: string;
  readonly max_daily_notional_usd?: string;
}

export interface WhatIfQuestion {
  readonly from: string;
  readonly to: string;
  readonly strategy_id?: string;
  readonly limits: WantedLimits;
}

export interface Flip {
  readonly correlation_id: string;
  readonly time: string;
  readonly strategy_id: string;
  readonly instrument: string;
  /** A verdict, such as `accepted` or `refused`. */
  readonly before: string;
  readonly after: string;
  readonly reason: string | null;
}

export interface DayOfFlips {
  readonly day: string;
  readonly flips: number;
  readonly profit_delta: string;
}

export interface WhatIf {
  readonly decisions: number;
  readonly same: number;
  readonly flips: readonly Flip[];
  readonly flips_total: number;
  readonly profit_before: string;
  readonly profit_after: string;
  readonly drawdown_before: string;
  readonly drawdown_after: string;
  readonly by_rule: readonly { readonly rule: string; readonly flips: number }[];
  readonly by_day: readonly DayOfFlips[];
  /** Whether fills were computed for a sample only. */
  readonly sampled: boolean;
}
