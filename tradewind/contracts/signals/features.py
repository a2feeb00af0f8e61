"""The features of a signal: what models are told of the market. docs/contracts/features.md defines
each; values are rounded to six significant digits, and None says that a value could not be had."""

from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from tradewind.contracts.market.model import Interval
from tradewind.contracts.payload import is_absent
from tradewind.contracts.wire import DecimalString, Document, Timestamp

MAX_FEATURES_BYTES: Final = 4_096
"""Of the JSON."""
MAX_FRAMES: Final = 3
MAX_EMAS: Final = 4
MAX_LEVELS: Final = 5
MAX_BUCKETS: Final = 3
MAX_FLAGS: Final = 16

Optional = DecimalString | None
Flag = Annotated[str, Field(pattern=r"^[a-z0-9_.]{1,48}$")]
"""A feature or a group of them, such as `frame_4h` or `book`."""
Flags = Annotated[tuple[Flag, ...], Field(max_length=MAX_FLAGS)]
ProfileId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_]{0,31}$")]


class EmaValue(Document):
    """The exponential moving average of the closes."""

    period: int = Field(ge=2, le=250)
    value: Optional = None


class FrameFeatures(Document):
    """Indicators of the closed candles of one time frame."""

    interval: Interval
    closed_at: Timestamp
    """When its newest candle closed."""
    close: DecimalString
    ema: Annotated[tuple[EmaValue, ...], Field(max_length=MAX_EMAS)] = ()
    """Shortest period first."""
    macd: Optional = None
    macd_signal: Optional = None
    macd_histogram: Optional = None
    rsi: Optional = None
    atr: Optional = None


class PriceLevel(Document):
    """A price where the market turned before."""

    price: DecimalString
    touches: int = Field(ge=1, le=1_000)


class BookImbalance(Document):
    """(bids − asks) / (bids + asks) of the sizes within a distance of the mid, −1 to 1."""

    within_bps: int = Field(ge=1, le=10_000)
    value: Optional = None
    covers: bool
    """Whether the book reaches that far; it has no value otherwise."""


class Quality(Document):
    """What is wrong with the features."""

    missing: Flags = ()
    stale: Flags = ()
    out_of_range: Flags = ()
    gaps: Flags = ()
    provider_errors: Flags = ()
    left_out: Flags = ()
    """What was dropped to keep within the limit of size."""

    @property
    def is_clean(self) -> bool:
        return not any(getattr(self, name) for name in Quality.model_fields)


class Features(Document):
    """All that a model is told of the market."""

    profile: ProfileId
    mid_price: DecimalString
    best_bid: Optional = None
    best_ask: Optional = None
    spread_bps: Optional = None
    microprice: Optional = None
    entry_drift_bps: DecimalString
    """(mid − entry) / entry."""
    signal_age_ms: int = Field(ge=0)
    frames: Annotated[tuple[FrameFeatures, ...], Field(max_length=MAX_FRAMES)] = ()
    support: Annotated[tuple[PriceLevel, ...], Field(max_length=MAX_LEVELS)] | None = Field(
        None, exclude_if=is_absent
    )
    """Nearest first. Absent where the profile does not ask for it."""
    resistance: Annotated[tuple[PriceLevel, ...], Field(max_length=MAX_LEVELS)] | None = Field(
        None, exclude_if=is_absent
    )
    imbalance: Annotated[tuple[BookImbalance, ...], Field(max_length=MAX_BUCKETS)] | None = Field(
        None, exclude_if=is_absent
    )
    mark_price: DecimalString | None = Field(None, exclude_if=is_absent)
    oracle_price: DecimalString | None = Field(None, exclude_if=is_absent)
    funding_hourly: DecimalString | None = Field(None, exclude_if=is_absent)
    open_interest: DecimalString | None = Field(None, exclude_if=is_absent)
    open_interest_usd: DecimalString | None = Field(None, exclude_if=is_absent)
    open_interest_change_24h: DecimalString | None = Field(None, exclude_if=is_absent)
    """A fraction."""
    day_volume_usd: DecimalString | None = Field(None, exclude_if=is_absent)
    book_at: Timestamp | None = Field(None, exclude_if=is_absent)
    context_at: Timestamp | None = Field(None, exclude_if=is_absent)
    quality: Quality = Quality()

    @property
    def size_bytes(self) -> int:
        """Of its JSON."""
        return len(self.model_dump_json().encode())

    @model_validator(mode="after")
    def _check_size(self) -> Self:
        if self.size_bytes > MAX_FEATURES_BYTES:
            raise ValueError(f"features: {self.size_bytes:,} of {MAX_FEATURES_BYTES:,} bytes")
        return self

    def frame(self, interval: str) -> FrameFeatures | None:
        """Return the indicators of a time frame."""
        return next((one for one in self.frames if one.interval == interval), None)
