"""Counts handled messages and takes wall and CPU time between the first and the last of them."""

import asyncio
import itertools
import threading
import time
from typing import Final, NamedTuple

DEADLINE_SECONDS: Final = 60.0


class Usage(NamedTuple):
    """Wall and CPU time of a process for `messages` messages after its warm-up."""

    messages: int
    wall_seconds: float
    cpu_seconds: float

    @property
    def messages_per_second(self) -> float:
        return self.messages / self.wall_seconds

    @property
    def cpu_us_per_message(self) -> float:
        return self.cpu_seconds / self.messages * 1e6


class Meter:
    """Counts messages from any thread; the CPU time is that of the whole process."""

    def __init__(self, warmup: int, messages: int) -> None:
        if warmup < 1 or messages < 1:
            raise ValueError("the warm-up and the measurement need at least one message")
        self._warmup = warmup
        self._messages = messages
        self._numbers = itertools.count(1)
        self._finished = threading.Event()
        self._started_at = self._ended_at = (0, 0)

    @property
    def backlog(self) -> int:
        """The number of messages to store before the measurement starts."""
        return self._warmup + self._messages

    @property
    def is_finished(self) -> bool:
        """Whether the whole backlog has been handled."""
        return self._finished.is_set()

    def tick(self) -> None:
        """Count one handled message."""
        number = next(self._numbers)
        if number == self._warmup:
            self._started_at = _clocks()
        elif number == self.backlog:
            self._ended_at = _clocks()
            self._finished.set()

    async def finished(self) -> None:
        """Wait for the last message in a thread, so that the event loop is left alone."""
        if not await asyncio.to_thread(self._finished.wait, DEADLINE_SECONDS):
            raise TimeoutError(f"not all {self.backlog} messages after {DEADLINE_SECONDS:.0f} s")

    def usage(self) -> Usage:
        """Return the usage of the measured messages; only after they are finished."""
        wall, cpu = (
            (end - start) / 1e9 for start, end in zip(self._started_at, self._ended_at, strict=True)
        )
        return Usage(self._messages, wall, cpu)


def _clocks() -> tuple[int, int]:
    return time.perf_counter_ns(), time.process_time_ns()
