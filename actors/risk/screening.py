"""What the instrument stage judges an intent by."""

from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from typing import Final, NamedTuple

from tradewind.contracts.intents.model import Intent
from tradewind.contracts.precision import PRICE
from tradewind.contracts.risk.limits import RiskLimits
from tradewind.trading.policy.findings import Finding, Limit
from tradewind.trading.pricing.pools.price_quote import NoPrice, PriceQuote, fresh_price

NOTIONAL_STEP: Final = Decimal("0.000001")


class Prices(NamedTuple):
    """What the pools say of the two tokens of an intent."""

    base: PriceQuote | NoPrice
    quote: PriceQuote | NoPrice

    def fresh(self, now: datetime, max_age_seconds: int) -> "Prices":
        """Return the prices without those that rest on older pool states."""
        return Prices(
            fresh_price(self.base, now, max_age_seconds),
            fresh_price(self.quote, now, max_age_seconds),
        )

    @property
    def known(self) -> tuple[PriceQuote, ...]:
        """Those that are prices."""
        return tuple(one for one in self if isinstance(one, PriceQuote))


class Screening(NamedTuple):
    """An intent, the fresh prices of its tokens, and the limits in force for it."""

    intent: Intent
    prices: Prices
    limits: RiskLimits
    now: datetime

    @property
    def notional_usd(self) -> Decimal | None:
        """What the intent is worth; None without a price."""
        price = self.prices.base
        return None if isinstance(price, NoPrice) else notional_usd(self.intent, price.price_usd)

    def of_a_purchase(self, finding: Finding) -> Finding | None:
        """Return a finding, unless it stands against a sale that may be of all that is left.

        What is left is seldom a multiple of the lot, and may be less than an order has to be. The
        portfolio stage knows what is held, so it is the one to refuse the sale of a part.
        """
        is_sale = self.intent.intent_type == "dispose"
        return None if is_sale and not finding.check.passed else finding

    def limit(self, name: str, unit: str = "") -> Limit | None:
        """Return a limit; None where there is none."""
        value: Decimal | int | None = getattr(self.limits, name)
        return None if value is None else Limit(value, unit, self.limits.scope_of(name))


def notional_usd(intent: Intent, price_usd: Decimal) -> Decimal:
    """Return the value of `amount` of base, in US dollars rounded up to a millionth."""
    exact = PRICE.multiply(intent.amount, price_usd)
    return exact.quantize(NOTIONAL_STEP, rounding=ROUND_CEILING, context=PRICE)
