"""Says when each lasting loop of this process was last alive, and counts the passes that failed.

A loop that hangs raises nothing, so nobody would miss it. Whoever runs one takes a `pulse` and
beats it at every pass; metrics, the reports of `heartbeat` and readiness show how old that is.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, NamedTuple

from prometheus_client import Counter, Gauge

from tradewind.failpoints import failpoint

STALLED_SECONDS: Final = 30.0
"""A loop counts as stalled when it was last alive this long before its next pass was due."""
MAX_LOOP_NAME_LENGTH: Final = 120

ALIVE: Final = Gauge(
    "tradewind_loop_alive_timestamp_seconds",
    "When a lasting loop of the process was last alive, Unix seconds.",
    ["loop"],
)
FAILURES: Final = Counter(
    "tradewind_loop_failures",
    "Passes of a lasting loop that raised an error, after which it went on.",
    ["loop"],
)


class LoopState(NamedTuple):
    """How long ago a loop was last alive, and whether that is too long."""

    name: str
    silent_seconds: float
    is_stalled: bool


class Pulse:
    """The sign of life of one loop."""

    def __init__(self, name: str, stalled_seconds: float, clock: Callable[[], float]) -> None:
        self.name = name
        self._stalled_seconds = stalled_seconds
        self._clock = clock
        self._beaten_at = clock()
        self._is_idle = False

    def beat(self) -> None:
        """Note that the loop lives. A failpoint named after the loop can make this raise."""
        self._beaten_at = self._clock()
        failpoint(f"loop.{self.name}")

    def fail(self) -> None:
        """Count a pass that raised an error."""
        FAILURES.labels(self.name).inc()

    @contextmanager
    def idle(self) -> Iterator[None]:
        """Count as alive while the loop waits for work that may never come."""
        self._is_idle = True
        try:
            yield
        finally:
            self._is_idle = False
            self._beaten_at = self._clock()

    def state(self) -> LoopState:
        """Return how it is now."""
        silent = 0.0 if self._is_idle else max(0.0, self._clock() - self._beaten_at)
        return LoopState(self.name, silent, silent > self._stalled_seconds)


_RUNNING: Final[list[Pulse]] = []
_CURRENT: Final[ContextVar[Pulse | None]] = ContextVar("pulse", default=None)


@contextmanager
def pulse(
    name: str,
    stalled_seconds: float = STALLED_SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Pulse]:
    """Yield the pulse of a loop for as long as it runs; `beat` reaches it from within."""
    own = Pulse(name[:MAX_LOOP_NAME_LENGTH], stalled_seconds, clock)
    token = _CURRENT.set(own)
    _RUNNING.append(own)
    ALIVE.labels(own.name).set_function(lambda: time.time() - _silent_seconds(own.name))
    try:
        yield own
    finally:
        _RUNNING.remove(own)
        _CURRENT.reset(token)
        if not any(one.name == own.name for one in _RUNNING):
            ALIVE.remove(own.name)


def beat() -> None:
    """Beat the pulse of the loop that runs this code, if one does: for passes that take long."""
    own = _CURRENT.get()
    if own is not None:
        own.beat()


def loop_states() -> list[LoopState]:
    """Return the loops that run in this process; of those that share a name the worst."""
    worst: dict[str, LoopState] = {}
    for state in (one.state() for one in _RUNNING):
        known = worst.setdefault(state.name, state)
        if (state.is_stalled, state.silent_seconds) > (known.is_stalled, known.silent_seconds):
            worst[state.name] = state
    return sorted(worst.values())


def _silent_seconds(name: str) -> float:
    return max((state.silent_seconds for state in loop_states() if state.name == name), default=0.0)
