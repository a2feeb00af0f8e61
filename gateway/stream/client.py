"""Keeps the bounded queue of one client, and cuts off a client that reads too slowly."""

import asyncio
from collections import deque
from dataclasses import dataclass

from gateway.http.protocols.websocket import WriteFrame
from gateway.metrics import STREAM_DROPPED
from gateway.stream.closes import TOO_SLOW, Close
from gateway.stream.events import Frame
from gateway.stream.interest import Interest
from gateway.stream.limits import MAX_QUEUED_FRAMES


@dataclass(frozen=True)
class QueuedFrame:
    """A frame on its way; a client that has it may resume after `sequence`, if there is one."""

    text: str
    sequence: int | None = None
    droppable: bool = False


class StreamClient:
    """Takes frames from the hub without waiting, for the session to send.

    An event for a client that keeps up does not pass the queue: it is written at once. In the
    queue `market.*` frames are dropped, oldest first, to make room. A client without room for
    anything else is cut off: what it missed is still in the stream, and it is told where to resume.
    """

    def __init__(
        self, write: WriteFrame | None = None, *, max_queued: int = MAX_QUEUED_FRAMES
    ) -> None:
        self.interest = Interest()
        self.closing: asyncio.Future[Close] = asyncio.get_running_loop().create_future()
        self.sent: int | None = None
        """The sequence after which the client may resume; None before its first frame."""
        self.catching_up = False
        """Whether a replay runs; until it ends the client does not have all up to now."""
        self._write = write
        self._max_queued = max_queued
        self._queue: deque[QueuedFrame] = deque()
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
            self._queue_or_cut_off(QueuedFrame(frame.text, frame.sequence, frame.droppable))
        return True

    def queue_control(self, text: str, sequence: int | None = None) -> None:
        """Queue a control frame."""
        self._queue_or_cut_off(QueuedFrame(text, sequence))

    def queue_control_if_subscribed(self, text: str, sequence: int) -> None:
        """Queue a control frame if the client has subscribed to anything."""
        if len(self.interest):
            self.queue_control(text, sequence)

    def close(self, close: Close) -> None:
        """Ask the session to end; the first reason stands."""
        if not self.closing.done():
            self.closing.set_result(close)

    async def take(self) -> QueuedFrame:
        """Return the oldest queued frame; waits until there is one."""
        while not self._queue:
            self._ready.clear()
            self._sender_waits = True
            await self._ready.wait()
        queued = self._queue.popleft()
        self._droppable -= queued.droppable
        return queued

    def take_all(self) -> list[QueuedFrame]:
        """Return everything queued, without waiting."""
        taken = list(self._queue)
        self._queue.clear()
        self._droppable = 0
        return taken

    def _queue_or_cut_off(self, queued: QueuedFrame) -> None:
        if len(self._queue) >= self._max_queued and not self._make_room():
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
