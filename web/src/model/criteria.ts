/** Average prices and success criteria, as the server's `criteria.py` computes them. */
import type { CriterionResult, IntentSummary, PlanDocument } from "../generated/contracts";
import {
  compare,
  type Decimal,
  divide,
  formatDecimal,
  fromBaseUnits,
  parseDecimal,
} from "./decimal";

/** Digits behind the point of a computed price. */
const PRICE_DIGITS = 18;
const MAX_INTEGER_DIGITS = 38;

/** Quote per base over all fills of a plan, in whole tokens. */
export function averagePrice(plan: PlanDocument): string | null {
  const step = plan.steps[0]?.step;
  if (!step) return null;
  const { amount_in: paid, amount_out: received } = plan.progress;
  const [base, quote] = step.token_in === step.base.address ? [paid, received] : [received, paid];
  const price = divide(
    fromBaseUnits(quote, step.quote.decimals),
    fromBaseUnits(base, step.base.decimals),
    PRICE_DIGITS,
  );
  if (price === null || price.digits >= 10n ** BigInt(MAX_INTEGER_DIGITS + price.scale))
    return null;
  return formatDecimal(price);
}

/** Each success criterion with its actual value, and whether it was met. */
export function judge(
  summary: IntentSummary,
  plan: PlanDocument,
  durationMs: number,
): readonly CriterionResult[] {
  const actual = actualValues(plan, durationMs);
  return (summary.criteria ?? []).map((criterion) => {
    const value = actual[criterion.metric];
    if (value === null) return { ...criterion, actual: null, met: null };
    const order = compare(value, parseDecimal(criterion.threshold));
    const met = criterion.comparison === "at_least" ? order >= 0 : order <= 0;
    return { ...criterion, actual: formatDecimal(value), met };
  });
}

function actualValues(
  plan: PlanDocument,
  durationMs: number,
): Readonly<Record<CriterionResult["metric"], Decimal | null>> {
  const step = plan.steps.at(-1)?.step;
  const received = step && (step.token_out === step.quote.address ? step.quote : step.base);
  const price = averagePrice(plan);
  return {
    amount_out: received ? fromBaseUnits(plan.progress.amount_out, received.decimals) : null,
    price: price === null ? null : parseDecimal(price),
    duration_seconds: { digits: BigInt(durationMs), scale: 3 },
  };
}
