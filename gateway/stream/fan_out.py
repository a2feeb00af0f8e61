"""Writes events to many clients, in batches that leave the event loop to others as well."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Final

from gateway.stream.client import StreamClient
from gateway.stream.events import Frame

MAX_PAUSE_SECONDS: Final = 0.05
FAIR_SECONDS: Final = 0.004
"""A batch that takes this long is followed by a pause of the same length. A longer one is followed
by a pause that is longer in proportion, so that fan-out to many has a fifth of the loop."""
MAX_PAUSE_FACTOR: Final = 4.0
MAX_BATCH_EVENTS: Final = 64


class FanOut:
    """Writes an event at once, and what follows it soon in batches.

    After a batch it pauses, the longer the more the batch took. So it leaves most of the event loop
    to others where there are many clients, and the busier it is, the fewer and larger are its
    writes: each is a system call, which costs more than all else that is done for a frame.
    """

    def __init__(self) -> None:
        self._clients: dict[StreamClient, None] = {}
        self._events = 0
        self._not_before = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def offer(self, frame: Frame, clients: Iterable[StreamClient]) -> int:
        """Take an event for those of some clients that want it; return how many do."""
        wanting = [client for client in clients if client.offer(frame)]
        if not wanting:
            return 0
        self._clients.update(dict.fromkeys(wanting))
        self._events += 1
        loop = asyncio.get_running_loop()
        if self._events >= MAX_BATCH_EVENTS or loop.time() >= self._not_before:
            self.flush()
        elif self._timer is None:
            self._timer = loop.call_at(self._not_before, self.flush)
        return len(wanting)

    def flush(self) -> None:
        """Write what was taken."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        clients, self._clients = self._clients, {}
        self._events = 0
        loop = asyncio.get_running_loop()
        began = loop.time()
        self._not_before = began + MAX_PAUSE_SECONDS
        join = _Joiner().join
        for client in clients:
            client.flush(join)
        # uvloop makes the system calls when this iteration of the loop ends.
        loop.call_soon(self._pause, began)

    def _pause(self, began: float) -> None:
        now = asyncio.get_running_loop().time()
        took = now - began
        pause = took * min(took / FAIR_SECONDS, MAX_PAUSE_FACTOR)
        self._not_before = now + min(pause, MAX_PAUSE_SECONDS)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = asyncio.get_running_loop().call_at(self._not_before, self.flush)


class _Joiner:
    """Joins frames once for all clients that get the same ones."""

    def __init__(self) -> None:
        self._joined: dict[tuple[int, ...], bytes] = {}

    def join(self, frames: Sequence[Frame]) -> bytes:
        if len(frames) == 1:
            return frames[0].wire
        key = tuple(frame.sequence for frame in frames)
        joined = self._joined.get(key)
        if joined is None:
            joined = self._joined[key] = b"".join([frame.wire for frame in frames])
        return joined
