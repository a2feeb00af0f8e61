"""Feature profiles: which features are computed for a signal, and which of them it needs."""

import hashlib
import json
from itertools import pairwise
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from tradewind.contracts.market.model import CANDLE_INTERVALS_SECONDS, Interval
from tradewind.contracts.payload import is_absent
from tradewind.contracts.signals.features import (
    MAX_BUCKETS,
    MAX_EMAS,
    MAX_FLAGS,
    MAX_FRAMES,
    MAX_LEVELS,
    Flags,
)
from tradewind.contracts.wire import IN_STORED_ORDER, DecimalString, Document

MAX_PERIOD: Final = 100
"""Of an indicator, in candles: 150 candles give every indicator a value."""
BOOK: Final = "book"
CONTEXT: Final = "context"
LEVELS: Final = "levels"
IMBALANCE: Final = "imbalance"
OPEN_INTEREST_CHANGE: Final = "open_interest_change_24h"

type ContextFeature = Literal[
    "mark_price",
    "oracle_price",
    "funding_hourly",
    "open_interest",
    "open_interest_usd",
    "open_interest_change_24h",
    "day_volume_usd",
]


def frame_flag(interval: str) -> str:
    """Return what quality calls a time frame."""
    return f"frame_{interval}"


def _ascending(values: tuple[int, ...]) -> tuple[int, ...]:
    if any(later <= earlier for earlier, later in pairwise(values)):
        raise ValueError("must ascend")
    return values


Period = Annotated[int, Field(ge=2, le=MAX_PERIOD)]


class MacdPeriods(Document):
    """Periods of MACD, in candles."""

    fast: Period
    slow: Period
    signal: Annotated[int, Field(ge=2, le=40)]

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.fast >= self.slow:
            raise ValueError("fast: must be less than slow")
        return self


class FrameProfile(Document):
    """The indicators of a time frame; what is absent is not computed."""

    ema: Annotated[tuple[Period, ...], Field(max_length=MAX_EMAS), AfterValidator(_ascending)] = ()
    macd: MacdPeriods | None = Field(None, exclude_if=is_absent)
    rsi: Period | None = Field(None, exclude_if=is_absent)
    atr: Period | None = Field(None, exclude_if=is_absent)


class LevelsProfile(Document):
    """Where support and resistance come from."""

    interval: Interval
    candles: int = Field(ge=20, le=250)
    """How many of the newest are looked at."""
    count: int = Field(ge=1, le=MAX_LEVELS)
    """At most so many on each side."""
    merge_atr: DecimalString = Field(ge=0, le=10)
    """Turning points so many ATR apart are one level."""


class BookProfile(Document):
    """What is computed of the order book beside its best prices."""

    imbalance_bps: Annotated[
        tuple[Annotated[int, Field(ge=1, le=10_000)], ...],
        Field(max_length=MAX_BUCKETS),
        AfterValidator(_ascending),
    ] = ()


class QualityProfile(Document):
    """What a signal is rejected without."""

    required: Flags = Field((), max_length=MAX_FLAGS)
    """`book`, `context`, `levels`, `frame_1h` and so on."""


Frames = Annotated[
    dict[Interval, FrameProfile], Field(min_length=1, max_length=MAX_FRAMES), IN_STORED_ORDER
]


class FeatureProfile(Document):
    """A profile with everything it inherited."""

    frames: Frames
    levels: LevelsProfile | None = Field(None, exclude_if=is_absent)
    book: BookProfile | None = Field(None, exclude_if=is_absent)
    context: Annotated[tuple[ContextFeature, ...], Field(max_length=8)] = ()
    quality: QualityProfile = QualityProfile()

    @model_validator(mode="after")
    def _check_references(self) -> Self:
        if self.levels is not None:
            frame = self.frames.get(self.levels.interval)
            if frame is None or frame.atr is None:
                raise ValueError("levels.interval: must be a frame with atr")
        if len(set(self.context)) != len(self.context):
            raise ValueError("context: must name a feature once")
        unknown = set(self.quality.required) - self.flags
        if unknown:
            raise ValueError(f"quality.required: {min(unknown)} is nothing this profile asks for")
        return self

    @property
    def intervals(self) -> list[str]:
        """The time frames, shortest first."""
        return sorted(self.frames, key=CANDLE_INTERVALS_SECONDS.__getitem__)

    @property
    def flags(self) -> frozenset[str]:
        """What quality may say that something is wrong with, as a whole."""
        flags = {BOOK, CONTEXT, *map(frame_flag, self.frames)}
        if self.levels is not None:
            flags.add(LEVELS)
        if self.book is not None and self.book.imbalance_bps:
            flags.add(IMBALANCE)
        if OPEN_INTEREST_CHANGE in self.context:
            flags.add(OPEN_INTEREST_CHANGE)
        return frozenset(flags)


def canonical_json(profile: FeatureProfile) -> str:
    """Return a profile as JSON with sorted keys and no white space; its hash is of these bytes."""
    return json.dumps(
        profile.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=True
    )


def sha256_of(text: str) -> str:
    """Return the SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()
