"""What the instrument stage judges an intent by, and how it is put to the core."""

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from tradewind.contracts.intents.model import Intent
from tradewind.contracts.risk.limits import RiskLimits
from tradewind.trading.cores import worth
from tradewind.trading.cores.judge import Order, OrderLimits, SeenPrice, Verdict, judge
from tradewind.trading.cores.worth import Spending, SpendingTerms, spending_of
from tradewind.trading.policy.findings import Limit
from tradewind.trading.pricing.pools.price_quote import NoPrice, PriceQuote, fresh_price

PRICE = "price"


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


class Screening(NamedTuple):
    """An intent, the fresh prices of its tokens, and the limits in force for it."""

    intent: Intent
    prices: Prices
    limits: RiskLimits
    now: datetime

    def judged(self) -> Verdict:
        """Return what all rules say."""
        return judge(self._order(), _order_limits(self.limits))

    def spending(self) -> Spending:
        """Return what a plan may spend; only of an intent whose base has a price."""
        intent, (base, quote) = self.intent, self.prices
        assert isinstance(base, PriceQuote)
        terms = SpendingTerms(
            is_sale=intent.intent_type == "dispose",
            amount=intent.amount,
            amount_base_units=intent.amount_base_units,
            base_usd=base.price_usd,
            quote_usd=None if isinstance(quote, NoPrice) else quote.price_usd,
            quote_decimals=intent.quote.decimals,
        )
        return spending_of(terms, self.limits.max_price_impact, self.limits.max_notional_usd)

    def limit(self, name: str, unit: str = "") -> Limit | None:
        """Return a limit; None where there is none."""
        value: Decimal | int | None = getattr(self.limits, name)
        return None if value is None else Limit(value, unit, self.limits.scope_of(name))

    def _order(self) -> Order:
        intent, (base, quote) = self.intent, self.prices
        criteria = intent.success_criteria
        return Order(
            is_sale=intent.intent_type == "dispose",
            amount=intent.amount,
            max_slippage=intent.constraints.max_slippage,
            base=self._seen(base),
            quote=self._seen(quote),
            is_quote_doubted=isinstance(quote, NoPrice) and bool(quote.why),
            named_prices=tuple(one.threshold for one in criteria if one.metric == PRICE),
        )

    def _seen(self, price: PriceQuote | NoPrice) -> SeenPrice | None:
        if isinstance(price, NoPrice):
            return None
        age_ms = int(abs(self.now - price.block_time).total_seconds() * 1_000)
        return SeenPrice(price.price_usd, age_ms, price.moved_ticks)


def _order_limits(limits: RiskLimits) -> OrderLimits:
    return OrderLimits._make(getattr(limits, name) for name in OrderLimits._fields)


def notional_usd(intent: Intent, price_usd: Decimal) -> Decimal:
    """Return the value of `amount` of base, in US dollars rounded up to a millionth."""
    return worth.notional_usd(intent.amount, price_usd)
