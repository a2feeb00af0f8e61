"""What decisions refer to by its hash: tokens, pools and markets as they were observed."""

from pydantic import Field

from tradewind.contracts.instruments.assets import MAX_TOKENS, Address, Asset, RegisteredToken
from tradewind.contracts.instruments.pools import (
    MAX_CHAINS,
    MAX_INITIALIZED_TICKS,
    MAX_POOLS,
    ChainHead,
    ContentId,
    ObservedPool,
    TickLiquidity,
)
from tradewind.contracts.payload import Payload
from tradewind.contracts.wire import Timestamp


class ObservationPayload(Payload):
    """Base of what decisions refer to by its hash. Kept anew every day it is referred to."""

    day: Timestamp
    """Midnight, UTC."""


class TokensObserved(ObservationPayload):
    """The tokens a decision knew."""

    topic = "instrument.tokens_observed"
    ends_history = True
    tokens: tuple[RegisteredToken, ...] = Field(max_length=MAX_TOKENS)


class PoolObserved(ObservationPayload):
    """What of a pool only changes when liquidity is added or removed."""

    topic = "instrument.pool_observed"
    ends_history = True
    chain: str
    pool: Address
    token0: Asset
    token1: Asset
    fee_pips: int = Field(ge=0, le=1_000_000)
    tick_spacing: int = Field(ge=1, le=16_384)
    ticks: tuple[TickLiquidity, ...] = Field(max_length=MAX_INITIALIZED_TICKS)
    """Sorted by index, ascending."""


class MarketObserved(ObservationPayload):
    """All a decision could read of the market, in the order it would."""

    topic = "instrument.market_observed"
    ends_history = True
    tokens: ContentId
    """The instrument.tokens_observed."""
    pools: tuple[ObservedPool, ...] = Field(max_length=MAX_POOLS)
    heads: tuple[ChainHead, ...] = Field(max_length=MAX_CHAINS)
