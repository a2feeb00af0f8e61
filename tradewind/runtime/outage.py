"""Backoff and logging for the outage of a dependency."""

import time
from typing import Final

import structlog
from nats.errors import Error as NatsError

from tradewind.errors import TradewindError

MIN_BACKOFF_SECONDS: Final = 0.1
MAX_BACKOFF_SECONDS: Final = 5.0
MAX_DOUBLINGS: Final = 10
EXPECTED: Final = (TradewindError, NatsError, OSError)
"""The errors of an outage. Any other one is a defect and is logged with its traceback."""

logger = structlog.get_logger("outage")


class Outage:
    """Counts the failures of a dependency and returns how long to wait before the next attempt.

    An outage is logged once when it begins and once when it is over. The wait begins at
    `min_seconds` and doubles up to `max_seconds`. An outage that begins within `silent_seconds` of
    one that was logged is not logged again. That is for work whose passes mostly have nothing to
    do, and so succeed in between while the dependency is still down.
    """

    def __init__(
        self,
        dependency: str,
        *,
        min_seconds: float = MIN_BACKOFF_SECONDS,
        max_seconds: float = MAX_BACKOFF_SECONDS,
        silent_seconds: float = 0.0,
    ) -> None:
        self.dependency = dependency
        self._min_seconds = min_seconds
        self._max_seconds = max_seconds
        self._silent_seconds = silent_seconds
        self._silent_until = float("-inf")
        self._failures = 0
        self._logged: set[type[Exception]] = set()
        """Types of errors logged in this outage; `Exception` represents all EXPECTED ones."""

    def failed(self, error: Exception) -> float:
        """Count a failure and return the seconds to wait."""
        self._failures += 1
        if isinstance(error, EXPECTED):
            self._log_loss(error)
        elif type(error) not in self._logged:
            self._logged.add(type(error))
            logger.error("unexpected error", dependency=self.dependency, exc_info=error)
        doubled = self._min_seconds * 2 ** min(self._failures - 1, MAX_DOUBLINGS)
        return float(min(self._max_seconds, doubled))

    def succeeded(self) -> None:
        """End the outage, if there was one."""
        if self._logged:
            logger.info("back", dependency=self.dependency, failures=self._failures)
            self._logged.clear()
        self._failures = 0

    def _log_loss(self, error: Exception) -> None:
        now = time.monotonic()
        if Exception in self._logged or now < self._silent_until:
            return
        self._logged.add(Exception)
        self._silent_until = now + self._silent_seconds
        reason = str(error) or type(error).__name__
        logger.error("lost", dependency=self.dependency, error=reason)
