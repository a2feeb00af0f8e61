"""One client's bounded queue: where a slow client is noticed, and what it may lose."""

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Final

from gateway.metrics import STREAM_DROPPED
from gateway.stream.events import Frame
from gateway.stream.interest import Interest
from gateway.websocket_protocol import WriteFrame

QUEUE_FRAMES: Final = 1_024


@dataclass(frozen=True)
class Close:
    """Why a connection ends; `resumable` adds to the reason where to resume."""

    code: int
    reason: str
    resumable: bool = True


CLIENT_LEFT: Final = Close(1005, "the client left")
SERVICE_RESTART: Final = Close(1012, "the gateway restarts")
TRY_AGAIN: Final = Close(1013, "stored events cannot be read now")
TOO_MANY_BAD_MESSAGES: Final = Close(4000, "too many bad messages", resumable=False)
TOO_SLOW: Final = Close(4008, "too slow")
TOO_MANY_MESSAGES: Final = Close(4029, "too many messages", resumable=False)


@dataclass(frozen=True)
class Queued:
    """A frame on its way; who got it may resume after `sequence` (None: it says nothing)."""

    text: str
    sequence: int | None = None
    droppable: bool = False


class StreamClient:
    """Takes frames from the hub without waiting; the session's sender takes them out.

    An event for a client that keeps up does not pass the queue: it is written at once. In the
    queue `market.*` frames are dropped, oldest first, to make room. Anything else that finds no
    room closes the client: what it missed is still in the stream, and it is told where to resume.
    """

    def __init__(self, write: WriteFrame | None = None, *, capacity: int = QUEUE_FRAMES) -> None:
        self.interest = Interest()
        self.closing: asyncio.Future[Close] = asyncio.get_running_loop().create_future()
        self.sent: int | None = None
        """The sequence after which the client may resume; None before the first frame."""
        self.catching_up = False
        """Whether a replay runs: then nothing says that the client has all up to now."""
        self._write = write
        self._capacity = capacity
        self._queue: deque[Queued] = deque()
        self._droppable = 0
        self._ready = asyncio.Event()
        self._sender_waits = False

    def offer(self, frame: Frame) -> bool:
        """Send or queue an event; return whether the client wants it."""
        if not self.interest.wants(frame):
            return False
        if self._sender_waits and self._write is not None and self._write(frame.wire):
            self.sent = frame.sequence
        else:
            self._put(Queued(frame.text, frame.sequence, frame.droppable))
        return True

    def tell(self, text: str, sequence: int | None = None) -> None:
        """Queue a control frame."""
        self._put(Queued(text, sequence))

    def tell_subscribed(self, text: str, sequence: int) -> None:
        """Queue a control frame for a client that has subscribed to anything."""
        if len(self.interest):
            self.tell(text, sequence)

    def close(self, close: Close) -> None:
        """Ask the session to end; the first reason stands."""
        if not self.closing.done():
            self.closing.set_result(close)

    async def take(self) -> Queued:
        """Return the oldest queued frame; waits until there is one."""
        while not self._queue:
            self._ready.clear()
            self._sender_waits = True
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
        self._sender_waits = False
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
