"""Brings one client from where it stopped to the present, without loss and without a copy."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from gateway.ports import EventStore
from gateway.stream.events import StreamEvent
from gateway.stream.hub import StreamHub
from gateway.stream.limits import MAX_EMPTY_READS, REPLAY_BATCH_EVENTS
from gateway.stream.replay_turns import ReplayTurns
from tradewind.errors import TransientError

EMPTY_READ_DELAY_SECONDS: Final = 0.05

Deliver = Callable[[Sequence[StreamEvent]], Awaitable[None]]
"""Sends what a client wants of some events, as soon as it reads."""
SendGap = Callable[[int, int], Awaitable[None]]


class ReplayUnavailable(TransientError):
    """The store has more events and yields none. Resume from the last sequence again."""

    code = "REPLAY_UNAVAILABLE"


class Replay:
    """Reads after `position` from the stream's store, and what is recent from the hub's memory.

    `run` returns in the moment `position` reaches the hub's sequence: a caller that adds a live
    filter before it awaits anything else misses nothing and gets nothing twice.
    """

    def __init__(
        self,
        hub: StreamHub,
        store: EventStore,
        after: int,
        deliver: Deliver,
        send_gap: SendGap,
        turns: ReplayTurns,
        batches: int = 0,
    ) -> None:
        self.position = after
        self.batches = batches
        """How many batches were read by replays of this connection."""
        self._hub = hub
        self._store = store
        self._reader = store.reader()
        self._deliver = deliver
        self._send_gap = send_gap
        self._turns = turns
        self._empty_reads = 0

    async def run(self) -> None:
        """Deliver everything up to the hub's sequence; TransientError when it cannot be read."""
        try:
            while self.position < self._hub.sequence:
                await self._read_to_the_end()
                await self._reader.close()
        finally:
            await self._reader.close()

    async def _read_to_the_end(self) -> None:
        while self.position < self._hub.sequence:
            async with self._turns.turn(self.batches):
                events = await self._next_events()
            self.batches += 1
            if events:
                self._empty_reads = 0
                await self._deliver_events(events)
                await asyncio.sleep(0)
                continue
            self._empty_reads += 1
            if self._empty_reads > MAX_EMPTY_READS:
                raise ReplayUnavailable(f"nothing to read after {self.position}")
            await self._pass_over_expired()

    async def _next_events(self) -> Sequence[StreamEvent]:
        if self._hub.covers(self.position):
            return self._hub.recent(self.position, REPLAY_BATCH_EVENTS)
        messages = await self._reader.read(self.position, REPLAY_BATCH_EVENTS)
        return [StreamEvent(message) for message in messages]

    async def _pass_over_expired(self) -> None:
        """Go on behind what has expired, in case that is why nothing was read.

        Otherwise a replica of the stream lags, and the next read may find more.
        """
        bounds = await self._store.bounds()
        await self._report_gap(bounds.first - 1)
        await asyncio.sleep(EMPTY_READ_DELAY_SECONDS)

    async def _report_gap(self, last: int) -> None:
        """Tell of a gap up to `last`, but not beyond the hub's sequence: the rest comes live."""
        last = min(last, self._hub.sequence)
        if last > self.position:
            first, self.position = self.position + 1, last
            await self._send_gap(first, last)

    async def _deliver_events(self, events: Sequence[StreamEvent]) -> None:
        """Deliver events that follow each other, and between them the gaps there are.

        Events beyond the hub's sequence are left to live delivery.
        """
        rest = [event for event in events if event.sequence <= self._hub.sequence]
        if not rest:
            await self._report_gap(events[0].sequence - 1)
        while rest:
            await self._report_gap(rest[0].sequence - 1)
            first = rest[0].sequence
            run = [event for index, event in enumerate(rest) if event.sequence == first + index]
            if first == self.position + 1:
                await self._deliver(run)
                self.position = run[-1].sequence
            rest = rest[len(run) :]
