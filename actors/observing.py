"""Keeps what decisions are about to refer to: in the stream before they are."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final, Protocol

from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.market import ContentId
from tradewind.contracts.observations import observation_event
from tradewind.pricing.observation import Observation
from tradewind.runtime import NatsConnection, Publisher

MAX_REMEMBERED: Final = 10_000

Keep = Callable[[Observation], Awaitable[None]]


class EventSink(Protocol):
    """What publishes."""

    async def publish_all(self, events: list[AnyEvent]) -> None:
        """Publish in order and wait for every acknowledgement."""
        ...


class Keeper:
    """Publishes every observation once per process and connection; the ledger drops copies."""

    def __init__(self, sink: EventSink) -> None:
        self._sink = sink
        self._kept: dict[ContentId, None] = {}
        self._one_at_a_time = asyncio.Lock()

    async def keep(self, observation: Observation) -> None:
        """Return when the broker has all of it; raises what publishing raises."""
        if observation.market is None or observation.market in self._kept:
            return
        async with self._one_at_a_time:
            missing = [part for part in observation.parts if part.identifier not in self._kept]
            if not missing:
                return
            await self._sink.publish_all([observation_event(*part) for part in missing])
            self._kept.update(dict.fromkeys(part.identifier for part in missing))
            while len(self._kept) > MAX_REMEMBERED:
                del self._kept[next(iter(self._kept))]

    async def forget(self) -> None:
        """Keep everything anew: a broker that comes back may have lost what it had."""
        self._kept.clear()


async def keep_nothing(_: Observation) -> None:
    """Stand in for a Keeper where nothing is recorded."""


@asynccontextmanager
async def keeping(connection: NatsConnection) -> AsyncIterator[Keep]:
    """Keep observations while the block runs, anew after every reconnect."""
    publisher = Publisher(connection)
    keeper = Keeper(publisher)
    connection.reconnect_hooks.append(keeper.forget)
    try:
        yield keeper.keep
    finally:
        connection.reconnect_hooks.remove(keeper.forget)
        await publisher.close()
