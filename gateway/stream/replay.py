"""Brings one client from where it stopped to the present, without loss and without a copy."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from gateway.ports import EventStore
from gateway.stream.events import Frame, StreamEvent
from gateway.stream.hub import StreamHub
from tradewind.errors import TransientError

REPLAY_BATCH: Final = 64
"""Small, because decoding one batch holds up every other client of the process."""
EMPTY_READ_DELAY_SECONDS: Final = 0.05
MAX_EMPTY_READS: Final = 100

Deliver = Callable[[Frame], Awaitable[None]]
TellGap = Callable[[int, int], Awaitable[None]]


class ReplayUnavailable(TransientError):
    """The stored events cannot be read at this moment. Resume from the last sequence again."""

    code = "REPLAY_UNAVAILABLE"


class Replay:
    """Reads after `position` from the stream's store, and what is recent from the hub's memory.

    `run` returns in the moment `position` reaches the hub's sequence: who adds a live filter
    before awaiting anything else misses nothing and gets nothing twice.
    """

    def __init__(
        self, hub: StreamHub, store: EventStore, after: int, deliver: Deliver, tell_gap: TellGap
    ) -> None:
        self.position = after
        self._hub = hub
        self._store = store
        self._deliver = deliver
        self._tell_gap = tell_gap

    async def run(self) -> None:
        """Deliver everything up to the hub's sequence; ReplayUnavailable when it cannot be read."""
        empty_reads = 0
        while self.position < self._hub.sequence:
            events = await self._next_events()
            for event in events:
                await self._take(event)
            if events:
                empty_reads = 0
                await asyncio.sleep(0)
                continue
            empty_reads += 1
            if empty_reads > MAX_EMPTY_READS:
                raise ReplayUnavailable(f"nothing to read after {self.position}")
            await self._pass_over_expired()

    async def _next_events(self) -> Sequence[StreamEvent]:
        if self._hub.covers(self.position):
            return self._hub.recent(self.position, REPLAY_BATCH)
        try:
            messages = await self._store.read(self.position, REPLAY_BATCH)
        except TransientError as error:
            raise ReplayUnavailable(str(error)) from error
        return [StreamEvent(message) for message in messages]

    async def _pass_over_expired(self) -> None:
        """Nothing is left to read: all has expired, or a replica of the stream lags."""
        try:
            bounds = await self._store.bounds()
        except TransientError as error:
            raise ReplayUnavailable(str(error)) from error
        await self._miss(bounds.first - 1)
        await asyncio.sleep(EMPTY_READ_DELAY_SECONDS)

    async def _miss(self, last: int) -> None:
        """Say that everything up to `last` is gone; what the hub has not seen comes live."""
        last = min(last, self._hub.sequence)
        if last > self.position:
            first, self.position = self.position + 1, last
            await self._tell_gap(first, last)

    async def _take(self, event: StreamEvent) -> None:
        """An event beyond the hub's sequence comes live; what is missing before it is a gap."""
        await self._miss(event.sequence - 1)
        if event.sequence == self.position + 1 and event.sequence <= self._hub.sequence:
            if event.frame is not None:
                await self._deliver(event.frame)
            self.position = event.sequence
