"""Fans out: every event of the tail goes to every client that wants it, without waiting."""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from typing import Final

from gateway.metrics import (
    STREAM_CLIENTS,
    STREAM_DELAY_SECONDS,
    STREAM_FRAMES,
    STREAM_GAPS,
    STREAM_SEQUENCE,
)
from gateway.ports import StoredMessage
from gateway.stream.client import StreamClient
from gateway.stream.closes import SERVICE_RESTART
from gateway.stream.events import StreamEvent
from gateway.stream.limits import MAX_CLIENTS, MAX_RECENT_BYTES, MAX_RECENT_EVENTS
from gateway.stream.messages import control_frame

CLOSE_FRAMES_SECONDS: Final = 0.2
"""How long close frames get to leave before the connections end."""


class StreamHub:
    """Knows the clients, the last sequence, and the recent events a resuming client needs first.

    Only `close_and_flush` awaits: everything else is atomic between two awaits of its caller.
    """

    def __init__(
        self, *, max_recent: int = MAX_RECENT_EVENTS, max_recent_bytes: int = MAX_RECENT_BYTES
    ) -> None:
        self.sequence = 0
        self._clients: set[StreamClient] = set()
        self._recent: deque[StreamEvent] = deque()
        self._recent_bytes = 0
        self._recent_after = 0
        self._max_recent = max_recent
        self._max_recent_bytes = max_recent_bytes

    @property
    def client_count(self) -> int:
        return len(self._clients)

    @property
    def is_full(self) -> bool:
        return len(self._clients) >= MAX_CLIENTS

    def begin(self, sequence: int) -> None:
        """Start after `sequence`, with nothing in memory."""
        self._recent.clear()
        self._recent_bytes = 0
        self._recent_after = self.sequence = sequence
        STREAM_SEQUENCE.set(sequence)

    def join(self, client: StreamClient) -> None:
        self._clients.add(client)
        STREAM_CLIENTS.set(len(self._clients))

    def leave(self, client: StreamClient) -> None:
        self._clients.discard(client)
        STREAM_CLIENTS.set(len(self._clients))

    def publish(self, message: StoredMessage) -> None:
        """Take the next message of the stream; one that is not newer is ignored."""
        if message.sequence <= self.sequence:
            return
        self.sequence = message.sequence
        event = StreamEvent(message)
        self._remember(event)
        STREAM_SEQUENCE.set(message.sequence)
        if not self._clients or event.frame is None:
            return
        frame = event.frame
        STREAM_FRAMES.inc(sum(client.offer(frame) for client in self._clients))
        STREAM_DELAY_SECONDS.observe(max(0.0, time.time() - message.stored_at))

    def skip(self, first: int, last: int, reason: str) -> None:
        """Go on after `last`, and tell clients: what lies between is not in the stream any more."""
        STREAM_GAPS.labels(reason).inc()
        self.begin(last)
        text = control_frame("gap", **{"from": first, "to": last, "reason": reason})
        for client in self._clients:
            client.queue_control_if_subscribed(text, last)

    def restart(self, sequence: int) -> None:
        """Go on after `sequence` of a stream that began again: earlier numbers mean nothing now."""
        before = self.sequence
        STREAM_GAPS.labels("stream_reset").inc()
        self.begin(sequence)
        gap = {"from": 1, "to": before, "reason": "stream_reset", "sequence": sequence}
        for client in self._clients:
            client.interest.restart(sequence)
            client.queue_control(control_frame("gap", **gap), sequence)

    def heartbeat(self) -> None:
        """Tell clients that their connection lives, and that they have all up to now."""
        text = control_frame("heartbeat", sequence=self.sequence)
        for client in self._clients:
            if not client.catching_up:
                client.queue_control_if_subscribed(text, self.sequence)

    def close(self) -> None:
        """Ask every client to come back later."""
        for client in self._clients:
            client.close(SERVICE_RESTART)

    async def close_and_flush(self) -> None:
        """Close every client, and give the close frames time to leave."""
        self.close()
        if self._clients:
            await asyncio.sleep(CLOSE_FRAMES_SECONDS)

    def covers(self, after: int) -> bool:
        """Return whether everything after this sequence is in memory."""
        return after >= self._recent_after

    def recent(self, after: int, limit: int) -> Sequence[StreamEvent]:
        """Return up to `limit` events after a covered sequence, in order."""
        found: list[StreamEvent] = []
        for event in reversed(self._recent):
            if event.sequence <= after:
                break
            found.append(event)
        found.reverse()
        return found[:limit]

    def _remember(self, event: StreamEvent) -> None:
        self._recent.append(event)
        self._recent_bytes += event.size_bytes
        while len(self._recent) > self._max_recent or self._recent_bytes > self._max_recent_bytes:
            oldest = self._recent.popleft()
            self._recent_bytes -= oldest.size_bytes
            self._recent_after = oldest.sequence
