"""An in-memory broker that runs the real actors, hooks and retries without a server or a wait."""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from typing import Final, NamedTuple

from tradewind.contracts.envelope import AnyEvent, parse_event
from tradewind.contracts.streams import EVENTS_STREAM, durable_name
from tradewind.contracts.system.dead_letters import DeadLetter
from tradewind.runtime.actor import EventActor, topic_of
from tradewind.runtime.broker import JetStreamBroker
from tradewind.runtime.decisions import KeptEvent, MemoryDecisions
from tradewind.runtime.delivery import Delivery
from tradewind.runtime.execution import Executor, dead_letter_of

MAX_DELIVERIES: Final = 10_000


class TooManyDeliveries(AssertionError):
    """The actors never finish: a message is redelivered, or answered by another, without end."""


class StubMessage(NamedTuple):
    """The part of nats-py's Msg that a delivery reads."""

    subject: str
    data: bytes
    reply: str
    headers: Mapping[str, str] | None = None


class _Due(NamedTuple):
    """A planned delivery. The heap sorts it by virtual time, then by the order of planning."""

    at_ms: int
    order: int
    actor: EventActor
    subject: str
    data: bytes
    sequence: int
    attempt: int


class StubBroker:
    """Runs actors on published events until no delivery is left.

        stub = StubBroker(plan_intent, ports=ports)
        await stub.publish(accepted)
        await stub.drain()
        assert stub.published == [...]

    `ports` is the second argument of handlers, or a mapping from queue group to it. Redelivery
    delays pass in virtual time (`now_ms`). A second event with the same id is dropped, as
    JetStream drops it. Decisions are kept in memory, as `decisions`.
    """

    def __init__(self, *actors: EventActor, ports: object = None) -> None:
        self.published: list[AnyEvent] = []
        self.dead_letters: list[DeadLetter] = []
        self.redeliveries: list[int] = []
        """The delays of the redeliveries so far, in milliseconds."""
        self.decisions = MemoryDecisions()
        self.now_ms = 0
        self._actors = actors
        self._ports = ports
        self._due: list[_Due] = []
        self._orders = count()
        self._sequences = count(1)
        self._seen: set[str] = set()
        self._executors: dict[JetStreamBroker, Executor] = {}

    async def publish(self, event: AnyEvent) -> None:
        """Publish an event as a producer outside the actors; it is not added to `published`."""
        self._store(event)

    async def publish_raw(self, subject: str, data: bytes) -> None:
        """Publish bytes as a producer outside the actors; they need be no event."""
        sequence = next(self._sequences)
        for actor in self._actors:
            if topic_of(subject) in actor.topics:
                self._plan(self.now_ms, actor, subject, data, sequence, 1)

    async def drain(self, max_deliveries: int = MAX_DELIVERIES) -> None:
        """Deliver until nothing is due; TooManyDeliveries after `max_deliveries`."""
        for _ in range(max_deliveries):
            if not self._due:
                return
            await self._deliver(heapq.heappop(self._due))
        if self._due:
            raise TooManyDeliveries(f"{max_deliveries} deliveries and more to come")

    def _store(self, event: AnyEvent) -> bool:
        if event.event_id in self._seen:
            return False
        self._seen.add(event.event_id)
        sequence = next(self._sequences)
        for actor in self._actors:
            if event.topic in actor.topics:
                self._plan(self.now_ms, actor, event.subject, event.to_bytes(), sequence, 1)
        return True

    async def _publish_all(self, events: Iterable[AnyEvent | KeptEvent]) -> None:
        for one in events:
            event = parse_event(one.data) if isinstance(one, KeptEvent) else one
            if self._store(event):
                self.published.append(event)

    def _plan(
        self, at_ms: int, actor: EventActor, subject: str, data: bytes, sequence: int, attempt: int
    ) -> None:
        due = _Due(at_ms, next(self._orders), actor, subject, data, sequence, attempt)
        heapq.heappush(self._due, due)

    async def _deliver(self, due: _Due) -> None:
        self.now_ms = max(self.now_ms, due.at_ms)
        reply = _reply(due, self.now_ms)
        delivery = Delivery(due.actor, StubMessage(due.subject, due.data, reply))
        await self._executor(due.actor).run(delivery, self._ports_of(due.actor))
        if delivery.failed:
            self.dead_letters.append(dead_letter_of(delivery))
        elif delivery.retry_delay_ms is not None:
            self.redeliveries.append(delivery.retry_delay_ms)
            at_ms = self.now_ms + delivery.retry_delay_ms
            self._plan(at_ms, due.actor, due.subject, due.data, due.sequence, due.attempt + 1)

    def _executor(self, actor: EventActor) -> Executor:
        broker = actor.broker
        assert isinstance(broker, JetStreamBroker)
        if broker not in self._executors:
            self._executors[broker] = Executor(broker, self._publish_all, self.decisions)
        return self._executors[broker]

    def _ports_of(self, actor: EventActor) -> object:
        if isinstance(self._ports, Mapping):
            return self._ports.get(actor.queue_name)
        return self._ports


def _reply(due: _Due, now_ms: int) -> str:
    """Return the reply subject that JetStream would have sent."""
    tokens: Sequence[object] = (
        "$JS.ACK",
        EVENTS_STREAM,
        durable_name(due.actor.queue_name),
        due.attempt,
        due.sequence,
        due.sequence,
        now_ms * 1_000_000,
        0,
    )
    return ".".join(str(token) for token in tokens)
