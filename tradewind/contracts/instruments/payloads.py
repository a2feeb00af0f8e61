"""What is registered of instruments, and observations, which decisions refer to by their hash."""

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
from tradewind.contracts.instruments.registry import Instrument
from tradewind.contracts.payload import Payload, is_absent
from tradewind.contracts.wire import Timestamp

MAX_ACTOR_LENGTH = 100


class ObservationPayload(Payload):
    """Base of the observations.

    `day` is part of the content, so an observation is recorded again on each day it is referred to.
    No decision then depends on an event much older than itself, and old events can be archived.
    """

    day: Timestamp
    """Midnight, UTC."""


class TokensObserved(ObservationPayload):
    """The tokens that a decision could read."""

    topic = "instrument.tokens_observed"
    ends_history = True
    tokens: tuple[RegisteredToken, ...] = Field(max_length=MAX_TOKENS)


class PoolObserved(ObservationPayload):
    """The part of a pool's state that changes only when liquidity is added or removed."""

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
    """Everything a decision could read of the market, in the order in which it reads it."""

    topic = "instrument.market_observed"
    ends_history = True
    tokens: ContentId
    """The content id of an instrument.tokens_observed."""
    pools: tuple[ObservedPool, ...] = Field(max_length=MAX_POOLS)
    heads: tuple[ChainHead, ...] = Field(max_length=MAX_CHAINS)


class InstrumentRegistered(Payload):
    """The pair is an instrument from here on. An instrument is registered once and for good."""

    topic = "instrument.registered"
    awaits_nobody = True
    instrument: Instrument
    registered_by: str | None = Field(
        None, min_length=1, max_length=MAX_ACTOR_LENGTH, exclude_if=is_absent
    )
    """Who said so; absent where a file did."""


class InstrumentUpdated(Payload):
    """An operator changed an instrument; the payload is all that is in force from here on."""

    topic = "instrument.updated"
    awaits_nobody = True
    instrument: Instrument
    changed_by: str = Field(min_length=1, max_length=MAX_ACTOR_LENGTH)
