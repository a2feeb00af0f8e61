"""When the candles of a time frame open, and how the provider counts time."""

from datetime import UTC, datetime, timedelta
from typing import Final

from tradewind.contracts.market.model import CANDLE_INTERVALS_SECONDS

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def length_of(interval: str) -> timedelta:
    """Return how long a candle is; ValueError names an interval that is none."""
    if interval not in CANDLE_INTERVALS_SECONDS:
        raise ValueError(f"{interval} is none of {', '.join(CANDLE_INTERVALS_SECONDS)}")
    return timedelta(seconds=CANDLE_INTERVALS_SECONDS[interval])


def open_of(interval: str, moment: datetime) -> datetime:
    """Return when the candle opened that is still open at `moment`."""
    return moment - (moment - EPOCH) % length_of(interval)


def to_milliseconds(moment: datetime) -> int:
    """Return Unix milliseconds, as the provider counts time."""
    return (moment - EPOCH) // timedelta(milliseconds=1)


def from_milliseconds(milliseconds: int) -> datetime:
    """Return the moment; OverflowError beyond the year 9999."""
    return EPOCH + timedelta(milliseconds=milliseconds)
