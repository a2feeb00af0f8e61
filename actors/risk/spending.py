"""What a plan may spend, derived from the prices at which an intent is approved."""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import NamedTuple

from tradewind.contracts.intents.model import Intent
from tradewind.contracts.precision import PRICE
from tradewind.contracts.risk.limits import RiskLimits
from tradewind.contracts.wire import UINT256_MAX
from tradewind.trading.pricing.pools.price_quote import NoPrice, PriceQuote


class Spending(NamedTuple):
    """The bounds of a plan in base units; None where nothing bounds it."""

    max_amount_in: int | None = None
    min_amount_out: int | None = None


def spending_of(
    intent: Intent, base_usd: Decimal, quote: PriceQuote | NoPrice, limits: RiskLimits
) -> Spending:
    """Return the bounds of an intent that is approved at these prices.

    An `acquire` may pay what its amount is worth and the price impact, and never more than the
    limit of notional: what is really paid is held against it too. A `dispose` sells its amount, for
    at least what that is worth without the price impact. The amount that an `acquire` buys is in
    the intent. Where no pool prices the quote token there is nothing to hold a plan against, so
    nothing may be spent: the planner says which pool or price it lacks.
    """
    if limits.max_price_impact is None:
        return Spending()
    if isinstance(quote, NoPrice):
        return Spending(max_amount_in=0)
    worth_usd = PRICE.multiply(intent.amount, base_usd)
    impact = limits.max_price_impact
    if intent.intent_type == "dispose":
        least_usd = PRICE.multiply(worth_usd, 1 - impact)
        return Spending(intent.amount_base_units, _worth_in(least_usd, intent, quote))
    most_usd = PRICE.multiply(worth_usd, 1 + impact)
    if most_usd > limits.max_notional_usd:
        return Spending(_worth_in(limits.max_notional_usd, intent, quote, ROUND_FLOOR))
    return Spending(_worth_in(most_usd, intent, quote))


def _worth_in(
    usd: Decimal, intent: Intent, quote: PriceQuote, rounding: str = ROUND_CEILING
) -> int:
    """Return the base units of the quote token that are worth so many US dollars."""
    units = PRICE.divide(usd, quote.price_usd).scaleb(intent.quote.decimals, context=PRICE)
    return min(int(units.to_integral_value(rounding, context=PRICE)), UINT256_MAX)
