"""A tick: what an instrument was worth at a moment, as the stream MARKET carries it.

Ticks are no events: nothing is decided on them, the ledger does not have them, and the stream drops
the oldest when it is full. The key of a tick is the sequence that the stream gave it.
"""

from datetime import timedelta
from typing import Annotated, Final

from pydantic import Field, TypeAdapter

from tradewind.contracts.payload import is_absent
from tradewind.contracts.streams import TICK_SUBJECT_PREFIX
from tradewind.contracts.subjects import KeyToken
from tradewind.contracts.wire import DecimalString, Document, Timestamp

TICK_INTERVALS_SECONDS: Final = {
    "1m": 60,
    "5m": 300,
    "15m": 900,
    "1h": 3_600,
    "4h": 14_400,
    "1d": 86_400,
}
"""The candles that are made of ticks. Each length divides the next, and all begin in UTC."""
MAX_TICK_BYTES: Final = 1_024
MAX_TICK_AGE: Final = timedelta(hours=24)
"""How long the stream keeps a tick, and how late one may come."""
MAX_TICK_AHEAD: Final = timedelta(minutes=1)
"""By how much the clock of who publishes may be ahead."""
POOLS_SOURCE: Final = "pools"
"""The source of prices that pools of a chain, or simulated ones, say."""

TickSymbol = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}$")]
TickSource = Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,32}$")]
Positive = Annotated[DecimalString, Field(gt=0)]


class MarketTick(Document):
    """The price of an instrument, before fees, in whole quote for a whole base."""

    instrument: KeyToken
    """`ethereum-WETH-USDC`, or `hyperliquid-ETH-USD` for a perpetual contract."""
    symbol: TickSymbol
    """What people call it: `WETH/USDC`, `ETH-PERP`."""
    base: TickSymbol
    quote: TickSymbol
    price: Positive
    time: Timestamp
    """When the publisher saw this price."""
    source: TickSource
    block_number: int | None = Field(None, ge=0, le=2**63 - 1, exclude_if=is_absent)
    """The block it is of; absent where no chain says."""
    volume: DecimalString | None = Field(None, ge=0, exclude_if=is_absent)
    """Whole base traded since the tick before; absent where the source does not say."""


TICK: Final = TypeAdapter(MarketTick)


def tick_subject(instrument: str) -> str:
    """Return the subject of an instrument's ticks."""
    return f"{TICK_SUBJECT_PREFIX}.{instrument}"


def perpetual_key(provider: str, coin: str) -> str:
    """Return the key under which the ticks of a perpetual contract are kept."""
    return f"{provider}-{coin}-USD"
