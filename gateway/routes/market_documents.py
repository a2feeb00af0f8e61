"""The documents of recorded prices."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from pydantic import ConfigDict, Field

from tradewind.contracts.instruments.registry import InstrumentStatus
from tradewind.contracts.market.ticks import TICK_INTERVALS_SECONDS
from tradewind.contracts.subjects import KeyToken
from tradewind.contracts.wire import DecimalString, Document, Timestamp
from tradewind.trading.ticks.reader import Named, RecordedCandle, RecordedSymbol, RecordedTick

FROM_IS_A_WORD_OF_PYTHON: Final = ConfigDict(serialize_by_alias=True)
STALE_AFTER: Final = timedelta(minutes=3)
"""A quiet instrument has a tick a minute while somebody looks at it."""


class TickDocument(Document):
    """What an instrument was worth when somebody looked."""

    time: Timestamp
    symbol: str
    instrument: KeyToken
    price: DecimalString
    """Quote for a whole base, before fees; the mark price of a perpetual."""
    source: str
    """`pools`, or the provider of market data."""
    block_number: int | None
    volume: DecimalString | None
    """Whole base traded since the tick before; null where the source does not say."""
    sequence: int


class CandleDocument(Document):
    """Prices of a stretch of time."""

    time: Timestamp
    """Where it begins."""
    open: DecimalString
    high: DecimalString
    low: DecimalString
    close: DecimalString
    volume: DecimalString | None
    """Whole base; null where no source says."""
    ticks: int
    closed: bool
    """Whether its time is over; else it may change."""


class CandleGap(Document):
    """A stretch of which nothing was recorded."""

    model_config = FROM_IS_A_WORD_OF_PYTHON

    from_: Timestamp = Field(serialization_alias="from")
    to: Timestamp


class CandlePage(Document):
    """Candles, oldest first. A candle of which nothing was recorded is not there, but in `gaps`."""

    symbol: str
    instrument: KeyToken
    interval: str
    items: tuple[CandleDocument, ...]
    gaps: tuple[CandleGap, ...]


class SymbolDocument(Document):
    """An instrument that has ticks and candles."""

    model_config = FROM_IS_A_WORD_OF_PYTHON

    symbol: str
    instrument: KeyToken
    base: str
    quote: str
    sources: tuple[str, ...]
    status: InstrumentStatus | None
    """What may be done with it; null where it is not registered."""
    last_price: DecimalString
    last_time: Timestamp
    stale: bool
    """Whether nobody looked at it for three minutes."""
    intervals: tuple[str, ...]
    from_: Timestamp = Field(serialization_alias="from")
    """When the first tick was seen."""
    to: Timestamp
    """When the newest was."""


def tick_of(named: Named, tick: RecordedTick) -> TickDocument:
    """Return the document of a tick."""
    return TickDocument(
        time=tick.time,
        symbol=named.symbol,
        instrument=named.instrument,
        price=tick.price,
        source=tick.source,
        block_number=tick.block_number,
        volume=tick.volume,
        sequence=tick.sequence,
    )


def symbol_of(
    one: RecordedSymbol, status: InstrumentStatus | None, now: datetime
) -> SymbolDocument:
    """Return the document of an instrument."""
    return SymbolDocument(
        symbol=one.symbol,
        instrument=one.instrument,
        base=one.base,
        quote=one.quote,
        sources=tuple(sorted(one.sources)),
        status=status,
        last_price=one.last_price,
        last_time=one.last_time,
        stale=now - one.last_time > STALE_AFTER,
        intervals=tuple(TICK_INTERVALS_SECONDS),
        from_=one.first_time,
        to=one.last_time,
    )


def candles_of(candles: Sequence[RecordedCandle]) -> tuple[CandleDocument, ...]:
    """Return the documents of candles."""
    return tuple(
        CandleDocument(
            time=one.time,
            open=one.open,
            high=one.high,
            low=one.low,
            close=one.close,
            volume=one.volume,
            ticks=one.ticks,
            closed=one.is_closed,
        )
        for one in candles
    )
