"""What the planner knows of the market for one intent, and the quote it takes from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from tradewind.contracts.amounts import from_base_units
from tradewind.contracts.assets import Asset
from tradewind.contracts.intents import Intent
from tradewind.pricing.best_route import Route, best_exact_in, best_exact_out
from tradewind.pricing.market_view import MarketView, is_fresh
from tradewind.pricing.mid_price import EXACT, mid_price
from tradewind.pricing.router import PreparedPool
from tradewind.pricing.usd_price import PriceQuote

NATIVE_SYMBOL = "WETH"
"""Gas is paid in the chain's own coin, which this token wraps."""
WEI_DECIMALS = 18


@dataclass(frozen=True, slots=True)
class MarketReading:
    """The pools of a pair, and the two prices its costs are counted in."""

    pools: Sequence[PreparedPool]
    quote_usd: PriceQuote | None
    native_usd: PriceQuote | None

    def fresh(self, now: datetime, max_age_seconds: int) -> "MarketReading":
        """Return only what is recent enough."""

        def usable(price: PriceQuote | None) -> PriceQuote | None:
            return price if price and is_fresh(price.block_time, now, max_age_seconds) else None

        pools = [
            pool for pool in self.pools if is_fresh(pool.snapshot.block_time, now, max_age_seconds)
        ]
        return MarketReading(pools, usable(self.quote_usd), usable(self.native_usd))


def read_market(market: MarketView, intent: Intent) -> MarketReading:
    """Return what is known for an intent; MarketNotLoaded while nothing is."""
    return MarketReading(
        pools=market.pools(intent.base, intent.quote),
        quote_usd=market.price_usd(intent.quote),
        native_usd=market.price_usd_of_symbol(intent.base.chain, NATIVE_SYMBOL),
    )


@dataclass(frozen=True, slots=True)
class Costs:
    """Converts what a swap costs; both prices are US dollars per whole token."""

    quote: Asset
    quote_usd: Decimal
    native_usd: Decimal
    gas_price_wei: int

    def gas_usd(self, gas: int) -> Decimal:
        """Return US dollars for units of gas."""
        return EXACT.multiply(
            from_base_units(gas * self.gas_price_wei, WEI_DECIMALS), self.native_usd
        )

    @property
    def quote_base_units_per_gas(self) -> Decimal:
        """What a unit of gas costs in base units of the quote token."""
        return EXACT.divide(self.gas_usd(1), self.quote_usd).scaleb(self.quote.decimals)

    def route_usd(self, intent: Intent, route: Route) -> Decimal:
        """Return pool fee, price impact and gas: what the swap loses against the mid price."""
        snapshot, result = route.pool.snapshot, route.result
        mid = mid_price(snapshot, intent.base)
        if intent.intent_type == "acquire":
            paid = from_base_units(result.amount_in, intent.quote.decimals)
            worth = EXACT.multiply(from_base_units(result.amount_out, intent.base.decimals), mid)
        else:
            paid = EXACT.multiply(from_base_units(result.amount_in, intent.base.decimals), mid)
            worth = from_base_units(result.amount_out, intent.quote.decimals)
        lost = EXACT.multiply(EXACT.subtract(paid, worth), self.quote_usd)
        return EXACT.add(lost, self.gas_usd(result.gas_estimate))


def best_route(intent: Intent, pools: Sequence[PreparedPool], gas_cost: Decimal) -> Route | None:
    """Return the pool that buys or sells `amount` of base best, or None when none can.

    Gas counts in quote either way: as more paid by an acquire, as less received by a dispose.
    """
    if intent.intent_type == "acquire":
        return best_exact_out(pools, intent.quote, intent.amount_base_units, gas_cost)
    return best_exact_in(pools, intent.base, intent.amount_base_units, gas_cost)
