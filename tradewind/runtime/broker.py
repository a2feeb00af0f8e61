"""A dramatiq.Broker whose queues are durable JetStream consumers. Declaring does no I/O."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NoReturn

import dramatiq
from dramatiq.middleware import (
    AsyncIO,
    Callbacks,
    GroupCallbacks,
    Middleware,
    Pipelines,
    Retries,
    ShutdownNotifications,
    TimeLimit,
)
from dramatiq.results import Results

from tradewind.contracts.ordering import PARTITIONS, GroupConsumer, Order, consumers_of
from tradewind.contracts.streams import EVENTS_STREAM, durable_name
from tradewind.errors import PermanentError
from tradewind.runtime.actor import EventActor, Handler, TakesEvents
from tradewind.runtime.consumers import MAX_ACK_PENDING, ConsumerSpec
from tradewind.runtime.delivery import Delivery

MAX_RETRIES: Final = 5
MIN_BACKOFF_MS: Final = 100
MAX_BACKOFF_MS: Final = 30_000

_THREAD_BOUND = (
    AsyncIO,
    Callbacks,
    GroupCallbacks,
    Pipelines,
    Results,
    ShutdownNotifications,
    TimeLimit,
)
_OPTIONS = {"topics", "time_limit", "ack_wait", "on_exhausted", "concurrency", "waits"}

Hook = Callable[..., None]


class JetStreamBroker(dramatiq.Broker):
    """Knows the actors of a process and the middleware around them.

    `orders` names the queue groups that are ordered by key; all others are unordered. dramatiq's
    own `queues` stays empty: it lists what threads must consume, and none do.
    """

    def __init__(
        self,
        middleware: Sequence[Middleware] | None = None,
        orders: Mapping[str, Order] | None = None,
    ) -> None:
        self._orders = dict(orders or {})
        self._hooks: dict[str, tuple[Hook, ...]] = {}
        self.actors_by_queue: dict[str, dict[str, EventActor]] = {}
        if middleware is None:
            middleware = [
                Retries(
                    max_retries=MAX_RETRIES, min_backoff=MIN_BACKOFF_MS, max_backoff=MAX_BACKOFF_MS
                )
            ]
        super().__init__(middleware=[])
        self.actor_options |= _OPTIONS
        for one in middleware:
            self.add_middleware(one)

    def actor(self, **options: Any) -> Callable[[Handler], EventActor]:
        """Declare an actor: `@broker.actor(queue_name=..., topics=[...], time_limit=2_000)`."""

        def decorate(handler: Handler) -> EventActor:
            return dramatiq.actor(broker=self, actor_class=EventActor, **options)(handler)  # type: ignore[return-value]

        return decorate

    def declare_actor(self, actor: Any) -> None:
        """Add an actor to its queue; ValueError when another one of the queue has its topic."""
        queue = self.actors_by_queue.setdefault(actor.queue_name, {})
        for topic in actor.topics:
            if topic in queue:
                raise ValueError(f"{topic} of {actor.queue_name} already goes to {queue[topic]}")
        throws = actor.options.get("throws", ())
        throws = throws if isinstance(throws, tuple) else (throws,)
        actor.options["throws"] = (*throws, PermanentError)
        super().declare_actor(actor)
        queue.update(dict.fromkeys(actor.topics, actor))

    def declare_queue(self, queue_name: str) -> None:
        """Let middleware know the queue; the worker declares its consumer."""
        self.emit_before("declare_queue", queue_name)
        self.emit_after("declare_queue", queue_name)

    def order_of(self, queue_name: str) -> Order:
        """Return how far a queue keeps the order of its messages."""
        return self._orders.get(queue_name, Order.UNORDERED)

    def consumers(self, queue_name: str, partitions: int = PARTITIONS) -> tuple[ConsumerSpec, ...]:
        """Return the durable consumers all actors of a queue share."""
        actors = self.actors_by_queue[queue_name]
        ack_wait_ms = max(actor.ack_wait_ms for actor in actors.values())
        order = self.order_of(queue_name)
        in_flight = MAX_ACK_PENDING if order is Order.UNORDERED else 1

        def spec(consumer: GroupConsumer) -> ConsumerSpec:
            return ConsumerSpec(
                stream=EVENTS_STREAM,
                durable=consumer.durable,
                ack_wait_ms=ack_wait_ms,
                filters=consumer.filters,
                max_ack_pending=in_flight,
                group=durable_name(queue_name),
            )

        return tuple(map(spec, consumers_of(queue_name, actors, order, partitions)))

    def enqueue(self, message: Any, *, delay: int | None = None) -> Any:
        """Take a failed delivery back: Retries calls this, and it becomes a redelivery."""
        if not isinstance(message, Delivery):
            raise TakesEvents("this broker")
        self.emit_before("enqueue", message, delay)
        message.retry_delay_ms = delay or 0
        self.emit_after("enqueue", message, delay)
        return message

    def consume(self, *_: Any, **__: Any) -> NoReturn:
        """Threads cannot consume: run a Worker."""
        raise TypeError("actors run on an event loop: use tradewind.runtime.Worker")

    def add_middleware(self, middleware: Middleware, **where: Any) -> None:
        """Add a middleware; TypeError for one that interrupts or blocks a thread."""
        if isinstance(middleware, _THREAD_BOUND):
            raise TypeError(
                f"{type(middleware).__name__} is bound to threads, and actors share an event loop"
            )
        self._hooks.clear()
        super().add_middleware(middleware, **where)

    def emit_before(self, signal: str, *args: Any, **kwargs: Any) -> None:
        """Run the hooks of a signal; an error stops what was about to happen."""
        for hook in self._hooks_of("before_" + signal):
            hook(self, *args, **kwargs)

    def emit_after(self, signal: str, *args: Any, **kwargs: Any) -> None:
        """Run the hooks of a signal in reverse order; an error is logged and stops nothing."""
        for hook in reversed(self._hooks_of("after_" + signal)):
            try:
                hook(self, *args, **kwargs)
            except Exception:  # what happened has happened, whatever an observer makes of it
                self.logger.critical("hook %r of %s failed", hook, signal, exc_info=True)

    def _hooks_of(self, name: str) -> tuple[Hook, ...]:
        """Return the hooks somebody overrode: most middleware override one or two of twenty."""
        hooks = self._hooks.get(name)
        if hooks is None:
            default = getattr(Middleware, name)
            hooks = self._hooks[name] = tuple(
                getattr(one, name)
                for one in self.middleware
                if getattr(type(one), name) is not default
            )
        return hooks
