"""Reads the pools for one intent."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.instruments.prices import PriceLimits
from tradewind.contracts.intents.model import Intent
from tradewind.trading.pricing.pools.pool_view import PoolView
from tradewind.trading.pricing.pools.price_quote import NoPrice, PriceQuote, fresh_price, is_fresh
from tradewind.trading.pricing.routes.two_hop import has_two_hop
from tradewind.trading.pricing.swap.router import PreparedPool
from tradewind.trading.tokens import NATIVE_SYMBOL


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
            pools=[pool for pool in self.pools if pool.shape.fee_pips in tiers],
            connecting=[pool for pool in self.connecting if pool.shape.fee_pips in tiers],
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
    pair = intent.base, intent.quote
    return market.once((read_market, *pair, limits), lambda: _read(market, *pair, limits))


def _read(market: PoolView, base: Asset, quote: Asset, limits: PriceLimits | None) -> MarketReading:
    head = market.head(base.chain)
    return MarketReading(
        pools=market.pools(base, quote),
        connecting=[
            pool
            for pool in market.connecting(base, quote)
            if not any(map(market.takes_fee, (pool.shape.token0, pool.shape.token1)))
        ],
        fee_takers=tuple(one.symbol for one in (base, quote) if market.takes_fee(one)),
        gas_price_wei=None
        if head is None
        else head.base_fee_per_gas_wei + head.priority_fee_per_gas_wei,
        quote_usd=market.price_usd(quote, limits),
        native_usd=market.price_usd_of_symbol(base.chain, NATIVE_SYMBOL, limits),
    )
