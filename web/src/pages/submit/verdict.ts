/** What a preview says, in words: the verdict, the amounts, and what the button does. */
import type {
  IntentPreview,
  PlanPreview,
  PortfolioPreview,
  RiskPreview,
  RouteQuote,
} from "../../generated/rest";
import { divide, formatDecimal, fromBaseUnits } from "../../model/decimal";
import { percent, units } from "../../model/format";
import { type Reason, reasonOf } from "../../model/reasons";
import type { Look } from "../../model/words";
import type { Draft, Pair, Side } from "./draft";

export interface Verdict {
  readonly look: Look;
  /** The gateway's own words, with value and limit. */
  readonly detail: string;
  readonly code: string | null;
  readonly reason: Reason | null;
}

const REFUSED: Look = { mark: "⊘", word: "Would be refused by risk", tone: "warn" };
const WAITS: Look = { mark: "◔", word: "Would wait for approval", tone: "warn" };
const NO_PLAN: Look = { mark: "⊘", word: "No plan would be made", tone: "warn" };
const EXECUTED: Look = { mark: "✓", word: "Would be executed", tone: "ok" };

export function verdictOf({ would_execute, risk, portfolio, plan }: IntentPreview): Verdict {
  if (risk.verdict === "rejected") return refusal(REFUSED, "risk.", risk);
  if (portfolio?.verdict === "rejected") return refusal(REFUSED, "risk.", portfolio);
  if (portfolio?.verdict === "approval_required") return refusal(WAITS, "risk.", portfolio);
  if (plan?.verdict === "rejected") return refusal(NO_PLAN, "plan.", plan);
  const detail = "Both stages of risk approve it, and there is a plan.";
  return would_execute
    ? { look: EXECUTED, detail, code: null, reason: null }
    : refusal(NO_PLAN, "plan.", {});
}

type Said = Pick<Partial<RiskPreview & PortfolioPreview & PlanPreview>, "detail"> & {
  readonly reason?: string | null;
};

function refusal(look: Look, topic: string, { detail, reason }: Said): Verdict {
  return {
    look,
    detail: detail ?? "",
    code: reason ?? null,
    reason: reason == null ? null : reasonOf(topic, reason),
  };
}

/** The amounts of a plan by what they are of the pair, in base units. */
export interface Amounts {
  readonly base: string;
  readonly quote: string;
  /** Of what is bought: base of a purchase, quote of a sale. */
  readonly atLeast: string;
}

export function amountsOf(plan: PlanPreview | null | undefined, side: Side): Amounts | null {
  const { amount_in: paid, expected_out: received, min_out: atLeast } = plan ?? {};
  if (paid == null || received == null || atLeast == null) return null;
  const [base, quote] = side === "acquire" ? [received, paid] : [paid, received];
  return { base, quote, atLeast };
}

const PRICE_DIGITS = 18;

/** Quote per base, in whole tokens. */
export function priceOf({ base, quote }: Amounts, pair: Pair): string | null {
  const price = divide(
    fromBaseUnits(quote, pair.quote.decimals),
    fromBaseUnits(base, pair.base.decimals),
    PRICE_DIGITS,
  );
  return price && formatDecimal(price);
}

/** What the button does: it never promises more than is known. */
export function actionOf(
  draft: Draft,
  amount: string,
  pair: Pair,
  amounts: Amounts | null,
): string {
  const verb = draft.side === "acquire" ? "Buy" : "Sell";
  const what = `${verb} ${amount} ${pair.base.symbol}`;
  if (amounts === null) return what;
  return `${what} for about ${units(amounts.quote, pair.quote.decimals)} ${pair.quote.symbol}`;
}

/** `0.05 %`, `0.05 % then 0.3 %`, `split over 2 pools`. */
export function routeWords({ path = "direct", legs = [], fee_pips }: RouteQuote): string {
  const fees = legs.map((leg) => feeWords(leg.fee_pips));
  if (path === "two_hop") return `two pools in a row, ${fees.join(" then ")}`;
  if (path === "split") return `split over ${legs.length} pools, ${fees.join(" and ")}`;
  return `one pool, ${feeWords(fee_pips)}`;
}

const FEE_SCALE = 6;

/** A pool's fee: 500 hundredths of a basis point are 0.05 %. */
export const feeWords = (pips: number): string =>
  percent(formatDecimal({ digits: BigInt(pips), scale: FEE_SCALE }));
