"""Runs actors in one event loop per process, with one task per message."""

import asyncio
from collections.abc import Collection, Coroutine, Mapping
from typing import Any, Final

import structlog
from nats.aio.msg import Msg

from tradewind.contracts.ordering import Order
from tradewind.errors import TransientError, UnknownOutcome
from tradewind.runtime.actor import EventActor, topic_of
from tradewind.runtime.broker import JetStreamBroker
from tradewind.runtime.connection import NatsConnection
from tradewind.runtime.consumers import ConsumerSpec
from tradewind.runtime.decisions import DecisionJournal, NoDecisionJournal
from tradewind.runtime.delivery import Delivery
from tradewind.runtime.execution import REDELIVERY_DELAY_MS, Executor, dead_letter_of
from tradewind.runtime.publisher import Publisher
from tradewind.runtime.pull_consumer import PARTITION_PACE, SHARED_PACE, PullConsumer, PullPace
from tradewind.runtime.streams import stored_partitions

DEFAULT_CONCURRENCY: Final = 64
SHUTDOWN_TIMEOUT_SECONDS: Final = 10.0
UNROUTED_DELAY_MS: Final = 5_000

logger = structlog.get_logger(__name__)


class Worker:
    """Runs the actors of some queues.

    For each message it runs the handler, publishes all that the handler returns and only then
    acknowledges, so a crash at any point leads to a redelivery and to the same events again.
    `ports` maps a queue group to the second argument of its handlers. `concurrency` limits the
    messages in flight per queue, unless an actor of the queue has an option for it. A queue that is
    ordered by key has at most one in flight for each of its partitions, over all workers.
    `journal` keeps the decisions of actors that ask for it; NoDecisionJournal when one does and
    there is none.
    """

    def __init__(
        self,
        broker: JetStreamBroker,
        connection: NatsConnection,
        *,
        queues: Collection[str] | None = None,
        ports: Mapping[str, object],
        concurrency: int = DEFAULT_CONCURRENCY,
        shutdown_timeout_seconds: float = SHUTDOWN_TIMEOUT_SECONDS,
        publisher: Publisher | None = None,
        journal: DecisionJournal | None = None,
    ) -> None:
        self._broker = broker
        self._connection = connection
        self._queues = tuple(broker.actors_by_queue if queues is None else queues)
        self._ports = ports
        self._concurrency = concurrency
        self._shutdown_timeout_seconds = shutdown_timeout_seconds
        self._publisher = publisher or Publisher(connection)
        if journal is None and broker.keeps_decisions(self._queues):
            raise NoDecisionJournal(", ".join(self._queues))
        self._executor = Executor(broker, self._publisher.publish_all, journal)
        self._consumers: list[PullConsumer] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Declare the consumers and begin to pull.

        It raises StreamsMissing when a queue is ordered by key and EVENTS stores no partitions.
        """
        for queue_name in self._queues:
            for consumer in await self._make_consumers(queue_name):
                self._consumers.append(consumer)
                await consumer.start()

    async def stop(self) -> None:
        """Stop pulling, finish what is in flight within the deadline, and nack the rest."""
        for consumer in self._consumers:
            await consumer.stop_pulling()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=self._shutdown_timeout_seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        for consumer in self._consumers:
            await consumer.close()
        await self._publisher.close()
        if self._connection.is_connected:
            await self._connection.flush()

    async def _make_consumers(self, queue_name: str) -> list[PullConsumer]:
        capacity = self._capacity(self._broker.actors_by_queue[queue_name])
        if self._broker.order_of(queue_name) is Order.UNORDERED:
            (spec,) = self._broker.consumers(queue_name)
            return [self._make_consumer(queue_name, spec, capacity, SHARED_PACE)]
        specs = self._broker.consumers(queue_name, await stored_partitions(self._connection))
        turns = asyncio.Semaphore(capacity) if capacity < len(specs) else None
        return [self._make_consumer(queue_name, spec, 1, PARTITION_PACE, turns) for spec in specs]

    def _make_consumer(
        self,
        queue_name: str,
        spec: ConsumerSpec,
        capacity: int,
        pace: PullPace,
        turns: asyncio.Semaphore | None = None,
    ) -> PullConsumer:
        actors = self._broker.actors_by_queue[queue_name]
        ports = self._ports.get(queue_name)
        loop = asyncio.get_running_loop()

        def receive(message: Msg) -> None:
            handling = self._handle(consumer, actors, ports, message)
            if turns is not None:
                handling = self._in_turn(turns, handling, consumer, message)
            task: asyncio.Task[None] = asyncio.Task(handling, loop=loop, eager_start=True)
            if not task.done():
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

        consumer = PullConsumer(
            self._connection, spec, capacity=capacity, on_message=receive, pace=pace
        )
        return consumer

    async def _in_turn(
        self,
        turns: asyncio.Semaphore,
        handling: Coroutine[Any, Any, None],
        consumer: PullConsumer,
        message: Msg,
    ) -> None:
        """Wait for capacity: partitions may deliver more than this process may handle at a time."""
        try:
            await turns.acquire()
        except asyncio.CancelledError:
            handling.close()
            await self._give_back(consumer, message)
            return
        try:
            await handling
        finally:
            turns.release()

    def _capacity(self, actors: Mapping[str, EventActor]) -> int:
        limits = (actor.options.get("concurrency") for actor in actors.values())
        return max(limit or self._concurrency for limit in limits)

    async def _handle(
        self, consumer: PullConsumer, actors: Mapping[str, EventActor], ports: object, message: Msg
    ) -> None:
        try:
            actor = actors.get(topic_of(message.subject))
            if actor is None:
                await consumer.nak(message, UNROUTED_DELAY_MS)
                return
            delivery = Delivery(actor, message)
            await self._executor.run(delivery, ports)
            await self._settle(consumer, delivery, message)
        except asyncio.CancelledError:
            await self._give_back(consumer, message)
        except Exception:  # one message must not stop the others, nor keep its share of capacity
            logger.exception("could not settle, it will come again")
            consumer.drop(message)

    async def _give_back(self, consumer: PullConsumer, message: Msg) -> None:
        """Nack a message whose handling was cancelled.

        Either the worker stops, and another worker can have the message immediately, or the handler
        let a cancellation of its own escape, and redelivering it immediately would be a busy loop.
        """
        task = asyncio.current_task()
        stopping = task is not None and task.cancelling()
        await consumer.nak(message, 0 if stopping else REDELIVERY_DELAY_MS)

    async def _settle(self, consumer: PullConsumer, delivery: Delivery, message: Msg) -> None:
        """Dead-letter, nack or acknowledge the message, as the delivery asks."""
        if delivery.failed:
            await self._dead_letter(consumer, delivery, message)
        elif delivery.retry_delay_ms is not None:
            await consumer.nak(message, delivery.retry_delay_ms)
        else:
            self._broker.emit_before("ack", delivery)
            await consumer.ack(message)
            self._broker.emit_after("ack", delivery)
        delivery.clear_exception()

    async def _dead_letter(self, consumer: PullConsumer, delivery: Delivery, message: Msg) -> None:
        """Store the dead letter, and terminate the message only then.

        After a crash in between it is stored again, and the stream or the ledger drops the copy.
        """
        letter = dead_letter_of(delivery)
        self._broker.emit_before("nack", delivery)
        try:
            await self._publisher.publish_raw(
                letter.dead_letter_subject, letter.raw, letter.headers()
            )
        except (TransientError, UnknownOutcome) as error:
            logger.warning("dead letter not stored yet", id=letter.id, error=str(error))
            await consumer.nak(message, REDELIVERY_DELAY_MS)
            return
        await consumer.term(message)
        logger.error("dead letter", id=letter.id, reason=letter.reason, error=letter.error)
        self._broker.emit_after("nack", delivery)
