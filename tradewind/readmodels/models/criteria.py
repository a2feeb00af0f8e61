"""Computes average prices, and whether a settled intent met its success criteria."""

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Final

from tradewind.contracts.amounts import from_base_units
from tradewind.contracts.plans.model import ExecutionStep
from tradewind.contracts.precision import EXACT
from tradewind.contracts.wire import MAX_DECIMAL_INTEGER_DIGITS
from tradewind.readmodels.models.intent import (
    CriterionResult,
    IntentSummary,
    build_criterion_result,
)
from tradewind.readmodels.models.plan import PlanDocument

PRICE_DIGITS: Final = 18
"""Digits after the point of a computed price."""

_MILLISECOND = timedelta(milliseconds=1)
_QUANTUM = Decimal(1).scaleb(-PRICE_DIGITS)
_LIMIT = Decimal(10) ** MAX_DECIMAL_INTEGER_DIGITS


def ratio(dividend: Decimal, divisor: Decimal) -> Decimal | None:
    """Return the quotient rounded to 18 digits; None when undefined or too large for a document."""
    if not divisor:
        return None
    quotient = EXACT.divide(dividend, divisor)
    if abs(quotient) >= _LIMIT:
        return None
    rounded = quotient.quantize(_QUANTUM, context=EXACT).normalize(EXACT)
    return rounded or Decimal(0)


def legs(step: ExecutionStep, amount_in: int, amount_out: int) -> tuple[Decimal, Decimal]:
    """Convert a fill's base units in and out to whole tokens of (base, quote)."""
    if step.token_in == step.base.address:
        base_units, quote_units = amount_in, amount_out
    else:
        base_units, quote_units = amount_out, amount_in
    return (
        from_base_units(base_units, step.base.decimals),
        from_base_units(quote_units, step.quote.decimals),
    )


def average_price(plan: PlanDocument) -> Decimal | None:
    """Return quote per base over all fills of the plan."""
    base, quote = legs(plan.steps[0].step, plan.progress.amount_in, plan.progress.amount_out)
    return ratio(quote, base)


def judge(
    summary: IntentSummary, plan: PlanDocument, duration: timedelta
) -> tuple[CriterionResult, ...]:
    """Return each success criterion with its actual value and whether it was met."""
    step = plan.steps[-1].step
    received = step.quote if step.token_out == step.quote.address else step.base
    amount_out = from_base_units(plan.progress.amount_out, received.decimals)
    return judge_each(summary.criteria, amount_out, average_price(plan), duration)


def judge_each(
    criteria: Iterable[CriterionResult],
    amount_out: Decimal,
    price: Decimal | None,
    duration: timedelta,
) -> tuple[CriterionResult, ...]:
    """Return these criteria as they came out, given what was received in whole tokens."""
    actual = {
        "amount_out": amount_out,
        "price": price,
        "duration_seconds": Decimal(duration // _MILLISECOND).scaleb(-3),
    }
    return tuple(_result(criterion, actual[criterion.metric]) for criterion in criteria)


def _result(criterion: CriterionResult, actual: Decimal | None) -> CriterionResult:
    met = None
    if actual is not None:
        above = actual >= criterion.threshold
        below = actual <= criterion.threshold
        met = above if criterion.comparison == "at_least" else below
    return build_criterion_result(
        metric=criterion.metric,
        comparison=criterion.comparison,
        threshold=criterion.threshold,
        actual=actual,
        met=met,
    )
