/** Which trades of a run are shown: part of the page's address. */
import type { Outcome } from "../../model/backtests/contract";

export const ORDERS = ["asc", "desc"] as const;
export type Order = (typeof ORDERS)[number];

export interface TradeFilter {
  readonly outcome?: Outcome | undefined;
  readonly side?: "acquire" | "dispose" | undefined;
  readonly order?: "desc" | undefined;
}

const OUTCOMES = ["filled", "reverted", "refused"] as const;
const SIDES = ["acquire", "dispose"] as const;

export const tradeFilter = (given: Readonly<Record<string, unknown>>): TradeFilter => ({
  outcome: OUTCOMES.find((one) => one === given.outcome),
  side: SIDES.find((one) => one === given.side),
  order: given.order === "desc" ? "desc" : undefined,
});
