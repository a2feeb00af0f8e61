"""Makes ticks of pools: the price of a pair is that of the pool that can trade most near it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from tradewind.contracts.instruments.pools import PoolSnapshot
from tradewind.contracts.market.ticks import POOLS_SOURCE, MarketTick
from tradewind.contracts.precision import PRICE
from tradewind.trading.pricing.pools.tradable_depth import tradable_depth
from tradewind.trading.ticks.pairs import Pair, pair_of, price_of, shown
from tradewind.trading.tokens import TokenRegistry

Volumes = Mapping[str, tuple[int, int]]
"""What was swapped in a pool, by its address: base units of token0 and of token1, without sign."""


def pool_ticks(
    snapshots: Iterable[PoolSnapshot],
    registry: TokenRegistry,
    at: datetime,
    volumes: Volumes | None = None,
) -> list[MarketTick]:
    """Return a tick for every pair that has a pool with liquidity and a price that can be written.

    `volumes` is what was swapped since the last time; None where nobody knows.
    """
    deepest: dict[Pair, tuple[Decimal, PoolSnapshot]] = {}
    traded: dict[Pair, Decimal] = {}
    for snapshot in snapshots:
        pair = pair_of(snapshot, registry)
        if volumes is not None:
            traded[pair] = traded.get(pair, Decimal(0)) + _volume(snapshot, pair, volumes)
        found = (tradable_depth(snapshot, pair.quote), snapshot)
        if snapshot.liquidity and (pair not in deepest or found[0] > deepest[pair][0]):
            deepest[pair] = found
    ticks = (_tick(pair, snapshot, at, traded.get(pair)) for pair, (_, snapshot) in deepest.items())
    return [tick for tick in ticks if tick is not None]


def _tick(
    pair: Pair, snapshot: PoolSnapshot, at: datetime, volume: Decimal | None
) -> MarketTick | None:
    price = price_of(snapshot, pair)
    if price is None:
        return None
    return MarketTick(
        instrument=pair.instrument,
        symbol=f"{pair.base.symbol}/{pair.quote.symbol}",
        base=pair.base.symbol,
        quote=pair.quote.symbol,
        price=price,
        time=at,
        source=POOLS_SOURCE,
        block_number=snapshot.block_number,
        volume=None if volume is None else shown(volume),
    )


def _volume(snapshot: PoolSnapshot, pair: Pair, volumes: Volumes) -> Decimal:
    amounts = volumes.get(snapshot.pool)
    if amounts is None:
        return Decimal(0)
    units = amounts[0 if pair.base.address == snapshot.token0.address else 1]
    return Decimal(units).scaleb(-pair.base.decimals, context=PRICE)
