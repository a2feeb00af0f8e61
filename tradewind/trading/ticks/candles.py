"""Where candles begin and end: in UTC, and each length in the next longer one."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final, NamedTuple

from tradewind.contracts.market.ticks import TICK_INTERVALS_SECONDS

MINUTE_SECONDS: Final = TICK_INTERVALS_SECONDS["1m"]
CLOSE_DELAY: Final = timedelta(seconds=2)
"""How long after its end a candle waits for ticks that are on their way."""
LENGTHS: Final = tuple(pairwise(sorted(TICK_INTERVALS_SECONDS.values())))
"""Each length in seconds, with the one that is made of it."""


class Candle(NamedTuple):
    """A candle of an instrument, by where it begins."""

    instrument: str
    begins: datetime


def begin_of(time: datetime, interval_seconds: int) -> datetime:
    """Return where the candle of a time begins."""
    seconds = int(time.timestamp())
    return datetime.fromtimestamp(seconds - seconds % interval_seconds, UTC)


def is_due(minute: datetime, now: datetime) -> bool:
    """Return whether a minute is over, with the time its last ticks may take."""
    return minute + timedelta(seconds=MINUTE_SECONDS) + CLOSE_DELAY <= now


def longer(candles: Iterable[Candle], interval_seconds: int) -> list[Candle]:
    """Return the candles of a length in which these are, each once, in order."""
    found = {Candle(one.instrument, begin_of(one.begins, interval_seconds)) for one in candles}
    return sorted(found)


def gaps_of(
    begins: Iterable[datetime], since: datetime, until: datetime, interval_seconds: int
) -> Iterator[tuple[datetime, datetime]]:
    """Yield the stretches between `since` and `until` in which no candle begins.

    Both are where candles begin; `begins` ascend.
    """
    expected = since
    for time in begins:
        if time > expected:
            yield expected, time
        expected = time + timedelta(seconds=interval_seconds)
    if until > expected:
        yield expected, until
