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
    worth = PRICE.divide(PRICE.multiply(intent.amount, base_usd), quote.price_usd)
    impact, decimals = limits.max_price_impact, intent.quote.decimals
    if intent.intent_type == "dispose":
        least = PRICE.multiply(worth, PRICE.subtract(Decimal(1), impact))
        return Spending(intent.amount_base_units, _base_units(least, decimals, ROUND_CEILING))
    most = PRICE.multiply(worth, PRICE.add(Decimal(1), impact))
    affordable = PRICE.divide(limits.max_notional_usd, quote.price_usd)
    return Spending(
        min(
            _base_units(most, decimals, ROUND_CEILING),
            _base_units(affordable, decimals, ROUND_FLOOR),
        )
    )


def _base_units(amount: Decimal, decimals: int, rounding: str) -> int:
    whole = amount.scaleb(decimals, context=PRICE).to_integral_value(rounding, context=PRICE)
    return min(int(whole), UINT256_MAX)
