"""Shows the pools of the market as they were last seen."""

from datetime import datetime
from decimal import Decimal
from typing import Final

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from gateway.http.caller import KeyScope
from gateway.http.operations import Operation
from gateway.http.responses import document_response
from gateway.services import services_of
from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.instruments.pools import ChainHead, PoolSnapshot
from tradewind.contracts.subjects import KeyToken
from tradewind.contracts.wire import BaseUnits, DecimalString, Document, Timestamp
from tradewind.runtime import clock
from tradewind.trading.pricing.pools.mid_price import depth
from tradewind.trading.ticks.pairs import Pair, pair_of, price_of, shown

MAX_POOLS_SHOWN: Final = 1_000
MILLISECOND: Final = Decimal("0.001")


class PoolDocument(Document):
    """A pool in the state of a block."""

    chain: str
    pool: str
    """Its address."""
    instrument: KeyToken
    """The pair, as of `GET /tokens`."""
    base: str
    quote: str
    token0: Asset
    token1: Asset
    fee_pips: int
    """Its fee in hundredths of a basis point: 3000 is 0.3 %."""
    tick_spacing: int
    tick: int
    sqrt_price_x96: BaseUnits
    liquidity: BaseUnits
    """The liquidity in range at this price."""
    price: DecimalString | None
    """Quote for a whole base, before fees; null where it has more digits than a number may have."""
    base_depth: DecimalString | None
    """The virtual reserve of base at the liquidity in range, in whole tokens."""
    quote_depth: DecimalString | None
    initialized_ticks: int
    block_number: int
    block_time: Timestamp
    age_seconds: DecimalString
    """How long ago the block was made."""


class HeadDocument(Document):
    """The newest block of a chain, and the price of gas in the next one."""

    chain: str
    chain_id: int = Field(ge=1)
    block_number: int
    block_hash: str
    block_time: Timestamp
    age_seconds: DecimalString
    base_fee_per_gas_wei: BaseUnits
    priority_fee_per_gas_wei: BaseUnits


class PoolList(Document):
    """Pools by pair and fee, and the heads of real chains."""

    pools: tuple[PoolDocument, ...]
    heads: tuple[HeadDocument, ...]
    truncated: bool
    """There are more pools than are listed, which are 1,000 at most."""


async def list_pools(request: Request) -> Response:
    """GET /market/pools: every pool that the market role watches, in the state it saw last.

    A pool that no block has changed keeps its old block; `heads` say how new the view is.
    """
    market, now = services_of(request).market, clock.now()
    pools = [(pair_of(one, market.registry), one) for one in market.pools()]
    pools.sort(key=lambda pool: (pool[0].instrument, pool[1].fee_pips, pool[1].pool))
    document = PoolList(
        pools=tuple(_pool(pair, one, now) for pair, one in pools[:MAX_POOLS_SHOWN]),
        heads=tuple(_head(one, now) for one in market.heads()),
        truncated=len(pools) > MAX_POOLS_SHOWN,
    )
    return document_response(request, document)


def _pool(pair: Pair, snapshot: PoolSnapshot, now: datetime) -> PoolDocument:
    return PoolDocument(
        chain=snapshot.chain,
        pool=snapshot.pool,
        instrument=pair.instrument,
        base=pair.base.symbol,
        quote=pair.quote.symbol,
        token0=snapshot.token0,
        token1=snapshot.token1,
        fee_pips=snapshot.fee_pips,
        tick_spacing=snapshot.tick_spacing,
        tick=snapshot.tick,
        sqrt_price_x96=snapshot.sqrt_price_x96,
        liquidity=snapshot.liquidity,
        price=price_of(snapshot, pair),
        base_depth=shown(depth(snapshot, pair.base)),
        quote_depth=shown(depth(snapshot, pair.quote)),
        initialized_ticks=len(snapshot.ticks),
        block_number=snapshot.block_number,
        block_time=snapshot.block_time,
        age_seconds=age_seconds(snapshot.block_time, now),
    )


def _head(head: ChainHead, now: datetime) -> HeadDocument:
    return HeadDocument(**dict(head), age_seconds=age_seconds(head.block_time, now))


def age_seconds(then: datetime, now: datetime) -> Decimal:
    """Return how long ago something was, to the millisecond; what is ahead of our clock is now."""
    return max(Decimal(0), Decimal(str((now - then).total_seconds()))).quantize(MILLISECOND)


OPERATIONS: Final = [
    Operation(
        "GET",
        "/market/pools",
        list_pools,
        tag="market",
        scope=KeyScope.READ,
        answer=PoolList,
    )
]
