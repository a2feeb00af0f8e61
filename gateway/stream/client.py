"""Keeps the bounded queue of one client, and cuts off a client that reads too slowly."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

from gateway.http.protocols.websocket import FrameWriter
from gateway.metrics import STREAM_DROPPED
from gateway.stream.closes import TOO_SLOW, Close
from gateway.stream.control import ControlFrame, QueuedFrame
from gateway.stream.events import Frame
from gateway.stream.interest import Interest
from gateway.stream.limits import MAX_QUEUED_FRAMES
from gateway.stream.visibility import Visibility

JoinFrames = Callable[[Sequence[Frame]], bytes]
"""Returns the bytes of some frames; the same object for every client that gets the same ones."""


class StreamClient:
    """Takes frames from the hub without waiting, for the session to send.

    Events for a client that keeps up do not pass the queue: they are written at once. In the
    queue `market.*` frames are dropped, oldest first, to make room. A client without room for
    anything else is cut off: what it missed is still in the stream, and it is told where to resume.
    """

    def __init__(
        self, writer: FrameWriter | None = None, *, max_queued: int = MAX_QUEUED_FRAMES
    ) -> None:
        self.interest = Interest()
        self.visibility: Visibility | None = None
        """What the client may see; None when it may see everything."""
        self.closing: asyncio.Future[Close] = asyncio.get_running_loop().create_future()
        self.sent: int | None = None
        """The sequence after which the client may resume; None before its first frame."""
        self.catching_up = False
        """Whether a replay runs; until it ends the client does not have all up to now."""
        self._writer = writer
        self._max_queued = max_queued
        self._offered: list[Frame] = []
        self._queue: deque[QueuedFrame] = deque()
        self._droppable = 0
        self._being_sent = 0
        self._ready = asyncio.Event()
        self._sender_waits = False

    def offer(self, frame: Frame) -> bool:
        """Take an event one of the filters matches, to be flushed; return whether it is wanted."""
        if frame.sequence <= self.interest.latest and not self.interest.wants(frame):
            return False
        if not self.may_see(frame):
            return False
        self._offered.append(frame)
        return True

    def may_see(self, frame: Frame) -> bool:
        """Return whether the caller's accounts cover an event."""
        return self.visibility is None or self.visibility.covers(frame)

    def flush(self, join: JoinFrames) -> None:
        """Write the events that were offered, or queue them for a client that does not keep up."""
        frames = self._offered
        if not frames:
            return
        if self._sender_waits and self._writer is not None and self._writer.write(join(frames)):
            self.sent = frames[-1].sequence
            self._offered = []
        else:
            self._queue_offered()

    def queue_control(self, text: str, sequence: int | None = None) -> None:
        """Queue a control frame behind all events so far."""
        self._queue_offered()
        self._queue_or_cut_off(ControlFrame(text, sequence))

    def queue_control_if_subscribed(self, text: str, sequence: int) -> None:
        """Queue a control frame if the client has subscribed to anything."""
        if len(self.interest):
            self.queue_control(text, sequence)

    def close(self, close: Close) -> None:
        """Ask the session to end; the first reason stands."""
        if not self.closing.done():
            self.closing.set_result(close)

    async def take(self, limit: int = 1) -> Sequence[QueuedFrame]:
        """Return the oldest queued frames, at least one; waits until there are some."""
        self._being_sent = 0
        while not self._queue:
            self._ready.clear()
            self._sender_waits = True
            await self._ready.wait()
        taken = [self._queue.popleft() for _ in range(min(limit, len(self._queue)))]
        self._droppable -= sum(one.droppable for one in taken)
        self._being_sent = len(taken)
        return taken

    def take_all(self) -> Sequence[QueuedFrame]:
        """Return everything queued, without waiting."""
        self._queue_offered()
        taken = list(self._queue)
        self._queue.clear()
        self._droppable = 0
        return taken

    def _queue_offered(self) -> None:
        frames, self._offered = self._offered, []
        for frame in frames:
            self._queue_or_cut_off(frame)

    def _queue_or_cut_off(self, queued: QueuedFrame) -> None:
        waiting = len(self._queue) + self._being_sent
        if waiting >= self._max_queued and not self._make_room():
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
