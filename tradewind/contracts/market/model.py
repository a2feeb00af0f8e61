"""Market data as it is kept in the key-value bucket and observed by decisions.

Prices and sizes are exact decimals as the provider wrote them, times are milliseconds since 1970.
"""

from itertools import pairwise
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from tradewind.contracts.payload import is_absent
from tradewind.contracts.wire import DecimalString, Document, Timestamp

MAX_CANDLES: Final = 500
MAX_LEVELS: Final = 40
"""Of a side of an order book."""
CANDLE_INTERVALS_SECONDS: Final = {
    "1m": 60,
    "3m": 180,
    "5m": 300,
    "15m": 900,
    "30m": 1_800,
    "1h": 3_600,
    "2h": 7_200,
    "4h": 14_400,
    "8h": 28_800,
    "12h": 43_200,
    "1d": 86_400,
}

Coin = Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,16}$")]
"""What the provider calls the base of a perpetual contract; upper and lower case matter."""
Interval = Annotated[str, Field(pattern=r"^(1|3|5|15|30)m$|^(1|2|4|8|12)h$|^1d$")]
UnixMilliseconds = Annotated[int, Field(ge=0, le=253_402_300_799_999)]
Decimals = Annotated[tuple[DecimalString, ...], Field(max_length=MAX_CANDLES)]


class CandleSeries(Document):
    """The newest closed candles of a contract, oldest first, a column for each value."""

    coin: Coin
    interval: Interval
    open_times_ms: Annotated[tuple[UnixMilliseconds, ...], Field(max_length=MAX_CANDLES)]
    open: Decimals
    high: Decimals
    low: Decimals
    close: Decimals
    volume: Decimals
    """In units of base."""

    @model_validator(mode="after")
    def _check_columns(self) -> Self:
        lengths = {len(self.open_times_ms), len(self.open), len(self.high), len(self.low)}
        if len(lengths | {len(self.close), len(self.volume)}) != 1:
            raise ValueError("columns: must be equally long")
        times = self.open_times_ms
        if any(later <= earlier for earlier, later in pairwise(times)):
            raise ValueError("open_times_ms: must ascend")
        return self

    def newest(self, count: int) -> "CandleSeries":
        """Return at most so many of the newest candles."""
        if len(self.open_times_ms) <= count:
            return self
        columns = ("open_times_ms", "open", "high", "low", "close", "volume")
        return self.model_copy(update={name: getattr(self, name)[-count:] for name in columns})

    @property
    def interval_ms(self) -> int:
        return CANDLE_INTERVALS_SECONDS[self.interval] * 1_000

    @property
    def last_close_ms(self) -> int:
        """When the newest candle closed; 0 without one."""
        return self.open_times_ms[-1] + self.interval_ms if self.open_times_ms else 0

    @property
    def gaps(self) -> int:
        """How many candles are missing between the first and the last."""
        if not self.open_times_ms:
            return 0
        span = self.open_times_ms[-1] - self.open_times_ms[0]
        return span // self.interval_ms + 1 - len(self.open_times_ms)


class BookLevel(Document):
    """All that is offered at a price."""

    price: DecimalString
    size: DecimalString
    """In units of base."""


Levels = Annotated[tuple[BookLevel, ...], Field(max_length=MAX_LEVELS)]


class OrderBook(Document):
    """An order book, the best price of each side first. An empty side is possible."""

    coin: Coin
    time_ms: UnixMilliseconds
    """When the provider made it."""
    bids: Levels
    asks: Levels
    best_bid: BookLevel | None = Field(None, exclude_if=is_absent)
    """Unaggregated, where the levels are aggregated."""
    best_ask: BookLevel | None = Field(None, exclude_if=is_absent)


class PerpContext(Document):
    """The state of a perpetual contract."""

    coin: Coin
    mark_price: DecimalString
    oracle_price: DecimalString
    mid_price: DecimalString | None = Field(None, exclude_if=is_absent)
    """Absent while a side of the book is empty."""
    funding_hourly: DecimalString
    """A fraction an hour, which longs pay to shorts."""
    open_interest: DecimalString
    """In units of base."""
    day_volume_usd: DecimalString
    previous_day_price: DecimalString
    premium: DecimalString | None = Field(None, exclude_if=is_absent)


class ObservedContext(Document):
    """A context as the feed keeps it."""

    context: PerpContext
    observed_at: Timestamp
    provider: str = Field(min_length=1, max_length=32)


class ObservedBook(Document):
    """An order book as the feed keeps it."""

    book: OrderBook
    observed_at: Timestamp
    provider: str = Field(min_length=1, max_length=32)


class ObservedCandles(Document):
    """Closed candles as the feed keeps them."""

    candles: CandleSeries
    observed_at: Timestamp
    provider: str = Field(min_length=1, max_length=32)
