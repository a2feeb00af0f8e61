"""What the provider knows, strictly: decimals are exact, times in UTC, and candles are closed."""

from decimal import Decimal
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, model_validator

from tradewind.contracts.wire import DecimalString, Document, Timestamp
from tradewind.trading.marketdata.intervals import length_of

MAX_BOOK_LEVELS: Final = 20
MAX_CANDLES: Final = 5_000
"""The provider keeps no older ones."""


def _positive(value: Decimal) -> Decimal:
    if value <= 0:
        raise ValueError("must be greater than 0")
    return value


def _not_negative(value: Decimal) -> Decimal:
    if value < 0:
        raise ValueError("must not be negative")
    return value


Price = Annotated[DecimalString, AfterValidator(_positive)]
Quantity = Annotated[DecimalString, AfterValidator(_not_negative)]
Coin = Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,20}$")]
"""A perpetual of the provider's own exchange; those of builders and spot pairs have other names."""


class ListedCoin(Document):
    """A row of the provider's list."""

    coin: Coin
    size_decimals: int = Field(ge=0, le=36)
    max_leverage: int = Field(ge=1, le=1_000)
    is_delisted: bool = False


class PerpContext(Document):
    """The state of a perpetual: prices in US dollars, open interest in coins."""

    coin: Coin
    funding_rate_hourly: DecimalString
    """A fraction for one hour, which is also the current prediction."""
    open_interest: Quantity
    mark_price: Price
    oracle_price: Price
    mid_price: Price | None = None
    """None where nobody offers, as for a delisted coin."""
    premium: DecimalString | None = None
    previous_day_price: Price | None = None
    volume_24h_usd: Quantity
    volume_24h: Quantity | None = None
    """In coins."""
    observed_at: Timestamp
    """When it arrived; the provider gives no time of its own."""


class BookLevel(Document):
    """What is offered at one price, in coins."""

    price: Price
    size: Quantity
    orders: int = Field(ge=0)


class OrderBook(Document):
    """Offers, the best first."""

    coin: Coin
    source_time: Timestamp
    observed_at: Timestamp
    significant_figures: int | None = None
    """To how many figures the provider rounded prices; None for every price by itself."""
    bids: tuple[BookLevel, ...] = Field(min_length=1, max_length=MAX_BOOK_LEVELS)
    asks: tuple[BookLevel, ...] = Field(min_length=1, max_length=MAX_BOOK_LEVELS)

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        bids = [level.price for level in self.bids]
        asks = [level.price for level in self.asks]
        if bids != sorted(set(bids), reverse=True) or asks != sorted(set(asks)):
            raise ValueError("levels: must be in the order of their prices, the best first")
        if bids[0] > asks[0]:
            raise ValueError("bids: must not be above the asks")
        return self


class BestPrices(Document):
    """The best bid and ask, of every price by itself."""

    coin: Coin
    source_time: Timestamp
    observed_at: Timestamp
    bid: BookLevel
    ask: BookLevel


class Ticker(Document):
    """The price of a perpetual now, in US dollars."""

    coin: Coin
    bid: Price
    ask: Price
    mid: Price
    source_time: Timestamp
    observed_at: Timestamp


class FundingRate(Document):
    """What longs pay shorts."""

    coin: Coin
    rate_hourly: DecimalString
    premium: DecimalString | None
    next_at: Timestamp
    """The next whole hour: the provider names the settlement that just happened."""
    observed_at: Timestamp


class OpenInterest(Document):
    """How much is held."""

    coin: Coin
    coins: Quantity
    usd: Quantity
    observed_at: Timestamp


class Candle(Document):
    """A candle that is over; its volume is in coins."""

    open_at: Timestamp
    open: Price
    high: Price
    low: Price
    close: Price
    volume: Quantity
    trades: int = Field(ge=0)

    @model_validator(mode="after")
    def _check_range(self) -> Self:
        if not self.low <= min(self.open, self.close) <= max(self.open, self.close) <= self.high:
            raise ValueError("low and high: must enclose open and close")
        return self


class Candles(Document):
    """Closed candles of one coin and interval, the oldest first."""

    coin: Coin
    interval: str
    candles: tuple[Candle, ...] = Field(max_length=MAX_CANDLES)
    observed_at: Timestamp

    @model_validator(mode="after")
    def _check_times(self) -> Self:
        length = length_of(self.interval)
        times = [candle.open_at for candle in self.candles]
        if times != sorted(set(times)):
            raise ValueError("candles: must be in the order of their times, each once")
        if times and times[-1] + length > self.observed_at:
            raise ValueError("candles: must be closed")
        return self

    @property
    def has_gap(self) -> bool:
        """Whether a candle between the first and the last one is missing."""
        if not self.candles:
            return False
        span = self.candles[-1].open_at - self.candles[0].open_at
        return span // length_of(self.interval) + 1 != len(self.candles)
