"""Limits how fast one client sends messages."""

from collections.abc import Callable

from gateway.stream.limits import MESSAGE_BURST, MESSAGES_PER_SECOND


class TokenBucket:
    """Allows a burst, then a steady rate; `take` returns whether one more is allowed now."""

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        rate_per_second: float = MESSAGES_PER_SECOND,
        burst: int = MESSAGE_BURST,
    ) -> None:
        self._clock = clock
        self._rate_per_second = rate_per_second
        self._burst = burst
        self._tokens = float(burst)
        self._filled_at = clock()

    def take(self) -> bool:
        now = self._clock()
        refill = (now - self._filled_at) * self._rate_per_second
        self._tokens = min(float(self._burst), self._tokens + refill)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
