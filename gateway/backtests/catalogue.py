"""Knows the strategies that backtesters have installed, from what they say in a bucket."""

import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final, NamedTuple

import structlog
from pydantic import ValidationError

from tradewind.contracts.backtests.strategies import AnnouncedStrategy
from tradewind.contracts.streams import STRATEGIES_BUCKET, STRATEGIES_KEPT_SECONDS
from tradewind.runtime.bucket_watch import watched_bucket
from tradewind.runtime.connection import NatsConnection

MAX_STRATEGIES: Final = 1_000
MAX_VALUE_BYTES: Final = 64 * 1024
_IDLE_SECONDS: Final = 25.0
"""Longer than between two announcements, and shorter than what makes a loop look stalled."""
_LOOP: Final = "strategies"

logger = structlog.get_logger(__name__)


class _Heard(NamedTuple):
    strategy: AnnouncedStrategy
    at: float


class StrategyCatalogue:
    """The strategies that were announced within the last minute."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._heard: dict[str, _Heard] = {}

    def apply(self, key: str, value: bytes) -> None:
        """Take a value of the bucket. What cannot be read is logged and left out."""
        if len(value) > MAX_VALUE_BYTES or (
            key not in self._heard and len(self._heard) >= MAX_STRATEGIES
        ):
            logger.warning("strategy not taken", key=key, size_bytes=len(value))
            return
        try:
            strategy = AnnouncedStrategy.model_validate_json(value)
        except ValidationError as error:
            logger.warning("unreadable strategy", key=key, errors=error.error_count())
            return
        if strategy.name == key:
            self._heard[key] = _Heard(strategy, self._clock())

    def remove(self, key: str) -> None:
        """Forget a strategy."""
        self._heard.pop(key, None)

    def find(self, name: str) -> AnnouncedStrategy | None:
        """Return a strategy; None for one that no backtester has said to have for a minute."""
        found = self._heard.get(name)
        if found is None or self._clock() - found.at > STRATEGIES_KEPT_SECONDS:
            return None
        return found.strategy

    def all(self) -> Sequence[AnnouncedStrategy]:
        """Return the strategies by name."""
        found = (self.find(name) for name in sorted(self._heard))
        return [one for one in found if one is not None]


@asynccontextmanager
async def watched_strategies(connection: NatsConnection) -> AsyncIterator[StrategyCatalogue]:
    """Watch the bucket while a block runs."""
    catalogue = StrategyCatalogue()
    async with watched_bucket(connection, STRATEGIES_BUCKET, catalogue, _LOOP, _IDLE_SECONDS):
        yield catalogue
