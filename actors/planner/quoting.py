"""Reads the pools for one intent, and chooses the best route among them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from tradewind.contracts.amounts import from_base_units
from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.instruments.prices import PriceLimits
from tradewind.contracts.intents.model import Intent
from tradewind.contracts.precision import PRICE
from tradewind.trading.pricing.pools.pool_view import PoolView
from tradewind.trading.pricing.pools.price_quote import NoPrice, PriceQuote, fresh_price, is_fresh
from tradewind.trading.pricing.routes.route_choice import (
    AnyRoute,
    choose_exact_in,
    choose_exact_out,
)
from tradewind.trading.pricing.routes.two_hop import has_two_hop
from tradewind.trading.pricing.swap.router import PreparedPool
from tradewind.trading.tokens import NATIVE_SYMBOL

WEI_DECIMALS = 18


@dataclass(frozen=True, slots=True)
class MarketReading:
    """The pools between the tokens of a pair, and the prices that costs are converted at."""

    pools: Sequence[PreparedPool]
    """Pools of exactly the pair."""
    connecting: Sequence[PreparedPool]
    """Pools of exactly one of the two tokens, for routes over two pools."""
    quote_usd: PriceQuote | NoPrice
    native_usd: PriceQuote | NoPrice
    gas_price_wei: int | None
    """The price of a unit of gas in the next block; None where there is no chain."""
    fee_takers: tuple[str, ...] = ()
    """Those of the two tokens of which a transfer delivers less than was sent."""

    def leads(self, intent: Intent) -> bool:
        """Return whether one pool, or two in a row, trade the pair at all."""
        return bool(self.pools) or has_two_hop(self.connecting, *intent.assets)

    def at_fees(self, tiers: Collection[int] | None) -> "MarketReading":
        """Return the reading with pools of these fees only; None means any."""
        if tiers is None:
            return self
        return replace(
            self,
            pools=[pool for pool in self.pools if pool.snapshot.fee_pips in tiers],
            connecting=[pool for pool in self.connecting if pool.snapshot.fee_pips in tiers],
        )

    def fresh(self, now: datetime, max_age_seconds: int) -> "MarketReading":
        """Return the reading without pools and prices older than this."""

        def recent(pools: Sequence[PreparedPool]) -> list[PreparedPool]:
            return [
                pool for pool in pools if is_fresh(pool.snapshot.block_time, now, max_age_seconds)
            ]

        return MarketReading(
            recent(self.pools),
            recent(self.connecting),
            fresh_price(self.quote_usd, now, max_age_seconds),
            fresh_price(self.native_usd, now, max_age_seconds),
            self.gas_price_wei,
            self.fee_takers,
        )


def read_market(
    market: PoolView, intent: Intent, limits: PriceLimits | None = None
) -> MarketReading:
    """Return the reading for an intent; MarketNotLoaded while no pool is known."""
    head = market.head(intent.base.chain)
    return MarketReading(
        pools=market.pools(intent.base, intent.quote),
        connecting=[
            pool
            for pool in market.connecting(intent.base, intent.quote)
            if not any(map(market.takes_fee, (pool.snapshot.token0, pool.snapshot.token1)))
        ],
        fee_takers=tuple(one.symbol for one in intent.assets if market.takes_fee(one)),
        gas_price_wei=None
        if head is None
        else head.base_fee_per_gas_wei + head.priority_fee_per_gas_wei,
        quote_usd=market.price_usd(intent.quote, limits),
        native_usd=market.price_usd_of_symbol(intent.base.chain, NATIVE_SYMBOL, limits),
    )


@dataclass(frozen=True, slots=True)
class Costs:
    """Converts costs of a swap; both prices are in US dollars per whole token."""

    quote: Asset
    quote_usd: Decimal
    native_usd: Decimal
    gas_price_wei: int

    def gas_usd(self, gas: int) -> Decimal:
        """Return the cost of units of gas, in US dollars."""
        return PRICE.multiply(
            from_base_units(gas * self.gas_price_wei, WEI_DECIMALS), self.native_usd
        )

    @property
    def quote_base_units_per_gas(self) -> Decimal:
        """The price of a unit of gas, in base units of the quote token."""
        return PRICE.divide(self.gas_usd(1), self.quote_usd).scaleb(self.quote.decimals)

    def route_usd(self, intent: Intent, route: AnyRoute) -> Decimal:
        """Return pool fee, price impact and gas, which the swap loses against the mid price."""
        paid, worth = paid_and_worth(intent, route)
        lost = PRICE.multiply(PRICE.subtract(paid, worth), self.quote_usd)
        return PRICE.add(lost, self.gas_usd(route.gas_estimate))


def paid_and_worth(intent: Intent, route: AnyRoute) -> tuple[Decimal, Decimal]:
    """Return what a swap pays and what it receives, both in whole quote tokens at the mid price."""
    mid = route.mid_price(intent.base)
    if intent.intent_type == "acquire":
        paid = from_base_units(route.amount_in, intent.quote.decimals)
        bought = from_base_units(route.amount_out, intent.base.decimals)
        return paid, PRICE.multiply(bought, mid)
    sold = from_base_units(route.amount_in, intent.base.decimals)
    return PRICE.multiply(sold, mid), from_base_units(route.amount_out, intent.quote.decimals)


def best_route(intent: Intent, reading: MarketReading, gas_cost: Decimal) -> AnyRoute | None:
    """Return the best route to buy or sell `amount` of base, or None when no route can.

    Gas counts in quote: an acquire pays more by it, and a dispose receives less.
    """
    is_acquire = intent.intent_type == "acquire"
    choose = choose_exact_out if is_acquire else choose_exact_in
    sold, bought = (intent.quote, intent.base) if is_acquire else intent.assets
    amount = intent.amount_base_units
    return choose(reading.pools, reading.connecting, (sold, bought), amount, gas_cost)
