"""The time frames of candles, by the names that Hyperliquid has for them."""

from datetime import UTC, datetime, timedelta
from typing import Final

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
INTERVAL_SECONDS: Final = {
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
    "3d": 259_200,
    "1w": 604_800,
}
"""Seconds by name. A month is missing, because it has no length; a week begins on a Thursday."""


def length_of(interval: str) -> timedelta:
    """Return how long a candle is; ValueError names an interval that is none."""
    if interval not in INTERVAL_SECONDS:
        raise ValueError(f"{interval} is none of {', '.join(INTERVAL_SECONDS)}")
    return timedelta(seconds=INTERVAL_SECONDS[interval])


def open_of(interval: str, moment: datetime) -> datetime:
    """Return when the candle opened that is still open at `moment`."""
    length = length_of(interval)
    return moment - (moment - EPOCH) % length


def to_milliseconds(moment: datetime) -> int:
    """Return Unix milliseconds, as the provider counts time."""
    return (moment - EPOCH) // timedelta(milliseconds=1)


def from_milliseconds(milliseconds: int) -> datetime:
    """Return the moment; OverflowError beyond the year 9999."""
    return EPOCH + timedelta(milliseconds=milliseconds)
