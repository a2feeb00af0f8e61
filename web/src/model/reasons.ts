/** Why intents end without what they asked for: each code in a sentence, and what to do about it. */
import {
  EXECUTION_REASONS,
  type ExecutionFailureReason,
  PLAN_REASONS,
  type PlanRejectionReason,
  type Reason,
  RISK_REASONS,
  type RiskRejectionReason,
} from "../generated/reasons";

export type { Reason } from "../generated/reasons";

export type ReasonCode = RiskRejectionReason | PlanRejectionReason | ExecutionFailureReason;

/** The rules of risk, as a person calls them. */
export const RULE_NAMES: Readonly<Record<RiskRejectionReason, string>> = {
  INSTRUMENT_UNKNOWN: "Pair is an instrument",
  INSTRUMENT_DISABLED: "Pair may be traded",
  INSTRUMENT_REDUCE_ONLY: "Pair may be bought",
  ORDER_SIZE_MINIMUM: "Least amount",
  ORDER_SIZE_LIMIT: "Largest amount",
  LOT_SIZE: "Lot",
  TICK_SIZE: "Price tick",
  NOTIONAL_MINIMUM: "Least value",
  NOTIONAL_LIMIT: "Largest value",
  SLIPPAGE_LIMIT: "Slippage",
  PRICE_COLLAR: "Price collar",
  MARKET_STALE: "Age of the market",
  PRICE_UNAVAILABLE: "Prices known",
  DUPLICATE_INTENT: "Not twice in a row",
  RATE_LIMIT: "Intents a minute",
  OPEN_INTENTS_LIMIT: "Open intents",
  POSITION_LIMIT: "Position",
  GROSS_EXPOSURE_LIMIT: "Gross exposure",
  NET_EXPOSURE_LIMIT: "Net exposure",
  CONCENTRATION_LIMIT: "Concentration",
  LEVERAGE_LIMIT: "Leverage",
  INSUFFICIENT_FUNDS: "Funds",
  INSUFFICIENT_POSITION: "Holds what it sells",
  DAILY_BUDGET: "Budget of the day",
  DAILY_LOSS_LIMIT: "Loss of the day",
  DRAWDOWN_LIMIT: "Drawdown",
  CONSECUTIVE_LOSSES: "Losses in a row",
  COOLDOWN: "Pause after a sale",
  LOCKED: "Pair is not locked",
  TRADING_HALTED: "Trading is not halted",
  TRADING_REDUCING: "Buying is allowed",
  APPROVAL_DENIED: "Approval by a person",
  APPROVAL_TIMED_OUT: "Approved in time",
  WALLET_FROZEN: "Wallet is not frozen",
  RISK_UNAVAILABLE: "Portfolio's book answers",
};

/** What a code means at the stage that gave it; null for a code this page does not know. */
export const reasonOf = (topic: string, code: string): Reason | null =>
  tableOf(topic)[code] ?? null;

/** What a code means where the stage is not known, as in a list. */
export const anyReasonOf = (code: string): Reason | null =>
  (RISK_REASONS as Table)[code] ??
  (PLAN_REASONS as Table)[code] ??
  (EXECUTION_REASONS as Table)[code] ??
  null;

type Table = Readonly<Record<string, Reason | undefined>>;

function tableOf(topic: string): Table {
  if (topic.startsWith("risk.")) return RISK_REASONS;
  return topic.startsWith("plan.") ? PLAN_REASONS : EXECUTION_REASONS;
}

export const REASON_CODES: readonly ReasonCode[] = [
  ...new Set([
    ...(Object.keys(RISK_REASONS) as RiskRejectionReason[]),
    ...(Object.keys(PLAN_REASONS) as PlanRejectionReason[]),
    ...(Object.keys(EXECUTION_REASONS) as ExecutionFailureReason[]),
  ]),
];
