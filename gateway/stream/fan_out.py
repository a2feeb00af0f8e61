"""Writes events to many clients, in batches that leave the event loop to others as well."""

import asyncio
import time
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
SLICE_CLIENTS: Final = 128
"""How many clients are written to before it is somebody else's turn."""


class FanOut:
    """Writes an event at once, and what follows it soon in batches.

    After a batch it pauses, the longer the more the batch took. So it leaves most of the event loop
    to others where there are many clients, and the busier it is, the fewer and larger are its
    writes: each is a system call, which costs more than all else that is done for a frame.
    """

    def __init__(self) -> None:
        self._clients: dict[StreamClient, None] = {}
        self._events = 0
        self._has_room = asyncio.Event()
        self._has_room.set()
        self._writing: list[StreamClient] = []
        self._joiner = _Joiner()
        self._began = 0.0
        self._is_resting = True
        self._not_before = 0.0
        self._timer: asyncio.TimerHandle | None = None

    async def room(self) -> None:
        """Return when another event may be offered: those before it may have to be written."""
        await self._has_room.wait()

    def offer(self, frame: Frame, clients: Iterable[StreamClient]) -> int:
        """Take an event for those of some clients that want it; return how many do."""
        wanting = [client for client in clients if client.offer(frame)]
        if wanting:
            self._clients.update(dict.fromkeys(wanting))
            self._events += 1
            if self._events >= MAX_BATCH_EVENTS:
                self._has_room.clear()
            self._flush_in_time()
        return len(wanting)

    def _flush_in_time(self) -> None:
        if not self._is_resting or self._timer is not None:
            return
        loop = asyncio.get_running_loop()
        if loop.time() >= self._not_before:
            self._flush()
        else:
            self._timer = loop.call_at(self._not_before, self._flush)

    def _flush(self) -> None:
        self._timer = None
        self._is_resting = False
        self._began = time.thread_time()
        self._writing, self._clients = list(self._clients), {}
        self._joiner = _Joiner()
        self._events = 0
        self._has_room.set()
        self._write_slice()

    def _write_slice(self) -> None:
        """Write to some clients, then to the others when the loop comes round again.

        It is when an iteration ends that uvloop makes the system calls of its writes.
        """
        for _ in range(min(SLICE_CLIENTS, len(self._writing))):
            self._writing.pop().flush(self._joiner.join)
        following = self._write_slice if self._writing else self._rest
        asyncio.get_running_loop().call_soon(following)

    def _rest(self) -> None:
        """Pause by the CPU the batch took: that the machine had no time is no reason to wait."""
        took = time.thread_time() - self._began
        pause = took * min(took / FAIR_SECONDS, MAX_PAUSE_FACTOR)
        now = asyncio.get_running_loop().time()
        self._not_before = now + min(pause, MAX_PAUSE_SECONDS)
        self._is_resting = True
        if self._clients:
            self._flush_in_time()


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
