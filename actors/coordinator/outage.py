"""An outage, said once when it begins and once when it is over."""

from typing import Final

import structlog

MIN_BACKOFF_SECONDS: Final = 0.1
MAX_BACKOFF_SECONDS: Final = 5.0

logger = structlog.get_logger("coordinator")


class Outage:
    """Whether a dependency is away, and how long to wait before the next try."""

    def __init__(self, dependency: str) -> None:
        self._dependency = dependency
        self._failures = 0

    def failed(self, error: Exception) -> float:
        """Note a failure; return the seconds to wait."""
        self._failures += 1
        if self._failures == 1:
            logger.error("lost", dependency=self._dependency, error=str(error))
        return float(min(MAX_BACKOFF_SECONDS, MIN_BACKOFF_SECONDS * 2 ** min(self._failures, 10)))

    def succeeded(self) -> None:
        """Note that it answered."""
        if self._failures:
            logger.info("back", dependency=self._dependency, failures=self._failures)
            self._failures = 0
