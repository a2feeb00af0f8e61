"""Estimates whether an intent can be done in its time: what waits before it, and how fast it goes.

One loop samples the consumers an intent has to pass; a request only compares two numbers.
"""

import time
from collections import deque
from collections.abc import Callable, Collection, Mapping
from math import ceil
from typing import Final, NamedTuple

from gateway.errors import Overloaded
from gateway.metrics import ADMISSION_REFUSALS, ADMISSION_WAIT_SECONDS
from gateway.ports import LagProbe
from tradewind.contracts.roles import (
    COORDINATOR_GROUP,
    ORCHESTRATOR_WORKERS,
    PLANNER_WORKERS,
    PORTFOLIO_WORKERS,
    RISK_WORKERS,
)
from tradewind.runtime.broker_stats import Lag

SAMPLE_SECONDS: Final = 2.0
REST_SECONDS: Final = 8.0
"""Between two samples while nothing waits and nobody submits: within MAX_AGE_SECONDS."""
EVIDENCE_SECONDS: Final = 10.0
"""A rate is known after a consumer was seen busy for so long, and a restart is over."""
WINDOW_SECONDS: Final = 60.0
"""What a consumer did before that is forgotten."""
MAX_AGE_SECONDS: Final = 10.0
"""Older samples say nothing: the broker is away, or slow."""
MAX_RETRY_AFTER_SECONDS: Final = 60
INTENT_PATH: Final = tuple(
    group.durable
    for group in (
        RISK_WORKERS,
        PORTFOLIO_WORKERS,
        PLANNER_WORKERS,
        ORCHESTRATOR_WORKERS,
        COORDINATOR_GROUP,
    )
)
"""The consumers between an intent and its first signature, for which it has to be recorded too."""


class _Span(NamedTuple):
    """What a consumer did between two samples; it was busy if something waited all the time."""

    seconds: float
    done: int
    is_busy: bool


class Drain:
    """How fast a consumer works off what waits for it.

    What it did while it was busy is what it can do, and it can do at least what it did altogether.
    The latter keeps a pool that is started again from looking as if it had never worked.
    """

    def __init__(self, evidence_seconds: float, window_seconds: float) -> None:
        self._evidence_seconds = evidence_seconds
        self._window_seconds = window_seconds
        self._last: tuple[float, Lag] | None = None
        self._spans: deque[_Span] = deque()

    def observe(self, at: float, lag: Lag) -> None:
        """Take in a sample."""
        if self._last is not None:
            before, earlier = self._last
            done = lag.acknowledged - earlier.acknowledged
            if done < 0:  # it was made anew
                self._spans.clear()
            else:
                is_busy = bool(earlier.pending and lag.pending)
                self._spans.append(_Span(at - before, done, is_busy))
        while sum(span.seconds for span in self._spans) > self._window_seconds:
            self._spans.popleft()
        self._last = at, lag

    @property
    def wait_seconds(self) -> float:
        """How long the last of what waits has to wait; 0 while that is unknown.

        Nothing done in all of the time counts as one done just now: it may be the next.
        """
        busy = [span for span in self._spans if span.is_busy]
        if self._last is None or sum(span.seconds for span in busy) < self._evidence_seconds:
            return 0.0
        return self._last[1].pending / max(_rate(busy), _rate(self._spans))


def _rate(spans: Collection[_Span]) -> float:
    return max(1, sum(span.done for span in spans)) / sum(span.seconds for span in spans)


class Admission:
    """Refuses intents that would expire before their turn; what is unknown refuses nothing."""

    def __init__(
        self,
        probe: LagProbe,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._probe = probe
        self._clock = clock
        self._drains: Mapping[str, Drain] = {
            durable: Drain(EVIDENCE_SECONDS, WINDOW_SECONDS) for durable in INTENT_PATH
        }
        self._sampled_at = float("-inf")
        self._wait_seconds = 0.0
        self._is_idle = self._is_asked = False

    async def sample(self) -> None:
        """Look at the consumers, rarely while they idle; TransientError without the broker."""
        is_at_rest = self._is_idle and not self._is_asked
        if is_at_rest and self._clock() - self._sampled_at < REST_SECONDS:
            return
        self._is_idle = self._is_asked = False
        lags = await self._probe.lags()
        self._sampled_at = self._clock()
        path = [lags.get(durable) for durable in INTENT_PATH]
        self._is_idle = not any(lag is None or lag.pending or lag.unacknowledged for lag in path)
        for durable, drain in self._drains.items():
            lag = lags.get(durable)
            if lag is not None:
                drain.observe(self._sampled_at, lag)
        self._wait_seconds = sum(drain.wait_seconds for drain in self._drains.values())
        ADMISSION_WAIT_SECONDS.set(self._wait_seconds)

    @property
    def wait_seconds(self) -> float:
        """How long a new intent has to wait, as far as that is known."""
        is_known = self._clock() - self._sampled_at <= MAX_AGE_SECONDS
        return self._wait_seconds if is_known else 0.0

    def overload(self, time_window_seconds: int) -> Overloaded | None:
        """Return the refusal of an intent that has not the time to wait; None when it has."""
        self._is_asked = True
        wait_seconds = self.wait_seconds
        missing_seconds = ceil(wait_seconds - time_window_seconds)
        if missing_seconds <= 0:
            return None
        ADMISSION_REFUSALS.inc()
        return Overloaded(ceil(wait_seconds), min(missing_seconds, MAX_RETRY_AFTER_SECONDS))
