"""Publishes the observations that a decision refers to before the decision itself."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final, Protocol

from prometheus_client import Counter

from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.inputs import observation_event
from tradewind.contracts.instruments.pools import ContentId
from tradewind.errors import UnknownOutcome
from tradewind.runtime import NatsConnection, Publisher
from tradewind.trading.pricing.pools.observation import Observation

KEPT: Final = Counter(
    "tradewind_kept_observations", "What decisions refer to, published before them.", ["topic"]
)
MAX_REMEMBERED: Final = 10_000
KEEP_TIMEOUT_SECONDS: Final = 1.0
"""Well below the time limit of a handler, so that a hanging broker leads to a retry."""

Keep = Callable[[Observation], Awaitable[None]]


class NotKeptYet(UnknownOutcome):
    """The broker has not acknowledged what a decision refers to. Decide again later."""

    code = "NOT_KEPT_YET"


class EventSink(Protocol):
    """A publisher of events."""

    async def publish_all(self, events: list[AnyEvent]) -> None:
        """Publish in order and wait for every acknowledgement."""
        ...


class ObservationPublisher:
    """Publishes every observation once per process and connection; the ledger drops copies."""

    def __init__(self, sink: EventSink, *, timeout_seconds: float = KEEP_TIMEOUT_SECONDS) -> None:
        self._sink = sink
        self._timeout_seconds = timeout_seconds
        self._kept: dict[ContentId, None] = {}
        self._one_at_a_time = asyncio.Lock()

    async def keep(self, observation: Observation) -> None:
        """Return once the broker has all of the observation; NotKeptYet when it does not answer."""
        if observation.market is None or observation.market in self._kept:
            return
        try:
            async with asyncio.timeout(self._timeout_seconds), self._one_at_a_time:
                await self._keep(observation)
        except TimeoutError:
            raise NotKeptYet("no acknowledgement in time") from None

    async def _keep(self, observation: Observation) -> None:
        kept = self._kept
        missing = [part for part in observation.parts if part.identifier not in kept]
        if not missing:
            return
        await self._sink.publish_all([observation_event(*part) for part in missing])
        for part in missing:
            KEPT.labels(part.payload.topic).inc()
        # After a lost connection `forget` has replaced the dictionary, and this one is not read.
        kept.update(dict.fromkeys(part.identifier for part in missing))
        while len(kept) > MAX_REMEMBERED:
            del kept[next(iter(kept))]

    def forget(self) -> None:
        """Publish every observation again: a broker that comes back may have lost what it had."""
        self._kept = {}


async def keep_nothing(_: Observation) -> None:
    """Record no observation; for runs whose decisions are not recorded either."""


@asynccontextmanager
async def keeping(connection: NatsConnection) -> AsyncIterator[Keep]:
    """Yield a function that publishes observations, once per connection and observation."""
    publisher = Publisher(connection)
    publisher_of_observations = ObservationPublisher(publisher)
    connection.disconnect_hooks.append(publisher_of_observations.forget)
    try:
        yield publisher_of_observations.keep
    finally:
        connection.disconnect_hooks.remove(publisher_of_observations.forget)
        await publisher.close()
