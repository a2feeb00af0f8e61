"""What an order is worth, how urgent that makes it, and what a plan for it may spend."""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Final, NamedTuple

from tradewind.contracts.precision import PRICE
from tradewind.contracts.wire import UINT256_MAX

NOTIONAL_STEP: Final = Decimal("0.000001")
MAX_PRIORITY: Final = 5


def notional_usd(amount: Decimal, price_usd: Decimal) -> Decimal:
    """Return the value of `amount` whole tokens, in US dollars rounded up to a millionth."""
    exact = PRICE.multiply(amount, price_usd)
    return exact.quantize(NOTIONAL_STEP, rounding=ROUND_CEILING, context=PRICE)


def priority_of(notional: Decimal, max_notional: Decimal) -> int:
    """Return 1 to 5: one level per fifth of the notional limit, so larger intents go first."""
    share = PRICE.divide(notional * MAX_PRIORITY, max_notional)
    return min(max(int(share.to_integral_value(rounding=ROUND_CEILING)), 1), MAX_PRIORITY)


class Spending(NamedTuple):
    """The bounds of a plan in base units; None where nothing bounds it."""

    max_amount_in: int | None = None
    min_amount_out: int | None = None


UNBOUND_SPENDING: Final = Spending()


class SpendingTerms(NamedTuple):
    """What an order that is approved at these prices asks for."""

    is_sale: bool
    amount: Decimal
    """Whole tokens of base."""
    amount_base_units: int
    """The same in base's smallest unit."""
    base_usd: Decimal
    quote_usd: Decimal | None
    """US dollars per whole quote token; None where no pool prices it."""
    quote_decimals: int


def spending_of(
    terms: SpendingTerms, max_price_impact: Decimal | None, max_notional_usd: Decimal
) -> Spending:
    """Return the bounds of an order that is approved at these prices.

    An `acquire` may pay what its amount is worth and the price impact, and never more than the
    limit of notional: what is really paid is held against it too. A `dispose` sells its amount, for
    at least what that is worth without the price impact. The amount that an `acquire` buys is in
    the intent. Where no pool prices the quote token there is nothing to hold a plan against, so
    nothing may be spent: the planner says which pool or price it lacks.
    """
    if max_price_impact is None:
        return UNBOUND_SPENDING
    if terms.quote_usd is None:
        return Spending(max_amount_in=0)
    worth_usd = PRICE.multiply(terms.amount, terms.base_usd)
    if terms.is_sale:
        least_usd = PRICE.multiply(worth_usd, 1 - max_price_impact)
        least = _worth_in(least_usd, terms.quote_usd, terms.quote_decimals)
        return Spending(terms.amount_base_units, least)
    most_usd = PRICE.multiply(worth_usd, 1 + max_price_impact)
    rounding = ROUND_FLOOR if most_usd > max_notional_usd else ROUND_CEILING
    allowed_usd = min(most_usd, max_notional_usd)
    return Spending(_worth_in(allowed_usd, terms.quote_usd, terms.quote_decimals, rounding))


def _worth_in(
    usd: Decimal, quote_usd: Decimal, decimals: int, rounding: str = ROUND_CEILING
) -> int:
    """Return the base units of the quote token that are worth so many US dollars."""
    units = PRICE.divide(usd, quote_usd).scaleb(decimals, context=PRICE)
    return min(int(units.to_integral_value(rounding, context=PRICE)), UINT256_MAX)
