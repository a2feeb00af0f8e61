"""Fans out: every event of the tail goes to every client that wants it, without waiting."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Final

from gateway.http.caller import LOCAL_CALLER
from gateway.metrics import (
    STREAM_CLIENTS,
    STREAM_DELAY_SECONDS,
    STREAM_FRAMES,
    STREAM_GAPS,
    STREAM_SEQUENCE,
)
from gateway.ports import StoredMessage
from gateway.stream.client import StreamClient
from gateway.stream.closes import KEY_REVOKED, SERVICE_RESTART, Close
from gateway.stream.events import Frame, StreamEvent
from gateway.stream.facets import SignalMemory
from gateway.stream.fan_out import FanOut
from gateway.stream.interest import Filter
from gateway.stream.interest_index import InterestIndex
from gateway.stream.limits import MAX_CLIENTS, MAX_RECENT_BYTES, MAX_RECENT_EVENTS
from gateway.stream.messages import STREAM_RESET, control_frame, gap_frame
from gateway.stream.visibility import StrategyMemory

CLOSE_FRAMES_SECONDS: Final = 0.2
"""How long close frames get to leave before the connections end."""


class StreamHub:
    """Knows the clients, the last sequence, and the recent events a resuming client needs first.

    Only `room` and `close_and_flush` await: everything else is atomic between two awaits of its
    caller.
    """

    def __init__(
        self, *, max_recent: int = MAX_RECENT_EVENTS, max_recent_bytes: int = MAX_RECENT_BYTES
    ) -> None:
        self.sequence = 0
        self.identity = ""
        """Tells the stream from another one of the same name, whose numbers mean something else."""
        self.began_after = 0
        """The sequence after which this process follows the stream of that identity."""
        self.strategies = StrategyMemory()
        self._signals = SignalMemory()
        self._clients: dict[StreamClient, str | None] = {}
        self._index = InterestIndex()
        self._fan_out = FanOut()
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

    def begin(self, sequence: int, identity: str) -> None:
        """Start after `sequence` of the stream of an identity, with nothing in memory."""
        if identity != self.identity:
            self.identity, self.began_after = identity, sequence
        self._recent.clear()
        self._recent_bytes = 0
        self._recent_after = self.sequence = sequence
        STREAM_SEQUENCE.set(sequence)

    def join(self, client: StreamClient, key_id: str | None = None) -> None:
        """Know a client, and the key of its caller as soon as there is one."""
        self._clients[client] = key_id
        STREAM_CLIENTS.set(len(self._clients))

    def leave(self, client: StreamClient) -> None:
        self._index.remove(client, client.interest.all())
        self._clients.pop(client, None)
        STREAM_CLIENTS.set(len(self._clients))

    def subscribe(self, client: StreamClient, filters: Iterable[Filter], since: int) -> None:
        """Deliver to a client what some filters match after `since`."""
        filters = list(filters)
        client.interest.add(filters, since)
        self._index.add(client, filters)

    def unsubscribe(self, client: StreamClient, filters: Iterable[Filter]) -> None:
        """Take back filters of a client; unknown ones are ignored."""
        filters = list(filters)
        self._index.remove(client, filters)
        client.interest.remove(filters)

    async def room(self) -> None:
        """Return when another message may be published: clients cannot take any number at once."""
        await self._fan_out.room()

    def publish(self, message: StoredMessage) -> None:
        """Take the next message of the stream; one that is not newer is ignored."""
        if message.sequence <= self.sequence:
            return
        self.sequence = message.sequence
        event = StreamEvent(message)
        self._remember(event)
        STREAM_SEQUENCE.set(message.sequence)
        if not (self._clients or event.may_teach):
            return
        frame = event.frame
        if frame is None:
            return
        frame = self.known(frame)
        if not self._clients:
            return
        STREAM_FRAMES.inc(self._fan_out.offer(frame, self._index.of(frame)))
        STREAM_DELAY_SECONDS.observe(max(0.0, time.time() - message.stored_at))

    def known(self, frame: Frame) -> Frame:
        """Return a frame with what earlier events said of its signal, and learn from it."""
        self.strategies.learn(frame)
        facts = self._signals.complete(frame.topic, frame.correlation_id, frame.facts)
        return frame if facts == frame.facts else replace(frame, facts=facts)

    def skip(self, first: int, last: int, reason: str) -> None:
        """Go on after `last`, and tell clients: what lies between is not in the stream any more."""
        STREAM_GAPS.labels(reason).inc()
        self.begin(last, self.identity)
        text = gap_frame(first, last, reason, stream=self.identity)
        for client in self._clients:
            client.queue_control_if_subscribed(text, last)

    def restart(self, sequence: int, identity: str) -> None:
        """Go on after `sequence` of a stream that began again: earlier numbers mean nothing now."""
        before = self.sequence
        STREAM_GAPS.labels("stream_reset").inc()
        self.begin(sequence, identity)
        text = gap_frame(1, before, STREAM_RESET, stream=identity, sequence=sequence)
        for client in self._clients:
            client.interest.restart(sequence)
            client.queue_control(text, sequence)

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

    def close_key(self, key_id: str, close: Close = KEY_REVOKED) -> None:
        """End every connection of a key."""
        for client, key in self._clients.items():
            if key == key_id:
                client.close(close)

    def close_unusable_keys(self, is_usable: Callable[[str], bool]) -> None:
        """End the connections of every key that may not be used any more."""
        for key_id in {key for key in self._clients.values() if key is not None}:
            if key_id != LOCAL_CALLER.key_id and not is_usable(key_id):
                self.close_key(key_id)

    def count_of_key(self, key_id: str) -> int:
        """Return how many connections a key has."""
        return sum(key == key_id for key in self._clients.values())

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
