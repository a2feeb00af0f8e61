"""Turns signals into a descriptor that a loop can wait for."""

import os
import select
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopRequests:
    """Counts requests to stop, and wakes a waiting loop at each of them and when a child ends."""

    def __init__(self) -> None:
        self.count = 0
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)
        os.set_blocking(self._writer, False)

    def __bool__(self) -> bool:
        return self.count > 0

    @property
    def writer(self) -> int:
        """The descriptor that a signal writes to."""
        return self._writer

    def wait(self, timeout_seconds: float) -> None:
        """Wait for a signal or the time-out."""
        ready, _, _ = select.select([self._reader], [], [], timeout_seconds)
        if ready:
            os.read(self._reader, 4_096)

    def receive(self, number: int, frame: FrameType | None) -> None:
        """Count a request; this is a signal handler."""
        self.count += 1

    def close(self) -> None:
        """Release the descriptors."""
        os.close(self._reader)
        os.close(self._writer)


@contextmanager
def stop_requests() -> Iterator[StopRequests]:
    """Count stop signals, which then no longer end the process. Main thread only."""
    requests = StopRequests()
    before = {number: signal.signal(number, requests.receive) for number in STOP_SIGNALS}
    before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda number, frame: None)
    signal.set_wakeup_fd(requests.writer, warn_on_full_buffer=False)
    try:
        yield requests
    finally:
        signal.set_wakeup_fd(-1)
        for number, handler in before.items():
            signal.signal(number, handler)
        requests.close()
