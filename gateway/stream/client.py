"""One client's bounded queue: where a slow client is noticed, and what it may lose."""

import asyncio
from collections import deque
from dataclasses import dataclass

from gateway.metrics import STREAM_DROPPED, STREAM_FRAMES
from gateway.stream.events import Frame
from gateway.stream.interest import Interest

QUEUE_FRAMES = 1_024


@dataclass(frozen=True)
class Close:
    """Why the gateway closes a connection; `resumable` adds where to resume to the reason."""

    code: int
    reason: str
    resumable: bool = True


CLIENT_LEFT = Close(1005, "the client left")
SERVICE_RESTART = Close(1012, "the gateway restarts")
TRY_AGAIN = Close(1013, "stored events cannot be read now")
TOO_SLOW = Close(4008, "too slow")
TOO_MANY_BAD_MESSAGES = Close(4000, "too many bad messages", resumable=False)
TOO_MANY_MESSAGES = Close(4029, "too many messages", resumable=False)


@dataclass(frozen=True)
class Queued:
    """A frame on its way; who got it may resume after `sequence` (None: it says nothing)."""

    text: str
    sequence: int | None = None
    droppable: bool = False


class StreamClient:
    """Takes frames from the hub without waiting; the session's sender takes them out.

    `market.*` frames are dropped, oldest first, to make room. Anything else that finds no room
    closes the client: what it missed is still in the stream, and it is told where to resume.
    """

    def __init__(self, capacity: int = QUEUE_FRAMES) -> None:
        self.interest = Interest()
        self.closing: asyncio.Future[Close] = asyncio.get_running_loop().create_future()
        self._capacity = capacity
        self._queue: deque[Queued] = deque()
        self._droppable = 0
        self._ready = asyncio.Event()

    def offer(self, frame: Frame) -> None:
        """Queue an event if the client wants it."""
        if self.interest.wants(frame):
            STREAM_FRAMES.inc()
            self._put(Queued(frame.text, frame.sequence, frame.droppable))

    def tell(self, text: str, sequence: int | None = None) -> None:
        """Queue a control frame."""
        self._put(Queued(text, sequence))

    def close(self, close: Close) -> None:
        """Ask the session to end; the first reason stands."""
        if not self.closing.done():
            self.closing.set_result(close)

    async def take(self) -> Queued:
        """Return the oldest queued frame; waits until there is one."""
        while not self._queue:
            self._ready.clear()
            await self._ready.wait()
        queued = self._queue.popleft()
        self._droppable -= queued.droppable
        return queued

    def take_all(self) -> list[Queued]:
        """Return everything queued, perhaps nothing."""
        taken = list(self._queue)
        self._queue.clear()
        self._droppable = 0
        return taken

    def _put(self, queued: Queued) -> None:
        if len(self._queue) >= self._capacity and not self._make_room():
            if queued.droppable:
                STREAM_DROPPED.inc()
            else:
                self.close(TOO_SLOW)
            return
        self._queue.append(queued)
        self._droppable += queued.droppable
        self._ready.set()

    def _make_room(self) -> bool:
        if not self._droppable:
            return False
        oldest = next(index for index, queued in enumerate(self._queue) if queued.droppable)
        del self._queue[oldest]
        self._droppable -= 1
        STREAM_DROPPED.inc()
        return True
