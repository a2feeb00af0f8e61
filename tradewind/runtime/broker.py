"""A dramatiq.Broker whose queues are durable JetStream consumers.

Declaring an actor does no I/O, so that importing a role needs no broker.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NoReturn

import dramatiq
from dramatiq.middleware import (
    AsyncIO,
    Callbacks,
    GroupCallbacks,
    Middleware,
    Pipelines,
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
from tradewind.runtime.middleware.retries import default_retries

_THREAD_BOUND = (
    AsyncIO,
    Callbacks,
    GroupCallbacks,
    Pipelines,
    Results,
    ShutdownNotifications,
    TimeLimit,
)
_OPTIONS = {
    *("topics", "time_limit", "ack_wait", "on_exhausted", "concurrency", "waits"),
    *("keeps_decision", "decides_first", "tell_kept", "keep_ending", "long_running"),
    "takes_body",
}

Hook = Callable[..., None]


class JetStreamBroker(dramatiq.Broker):
    """Holds the actors of a process and the middleware around them.

    `orders` names the queue groups that are ordered by key; all others are unordered. dramatiq's
    own `queues` stays empty because it lists what dramatiq's threads consume, and they consume
    nothing here.
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
            middleware = [default_retries()]
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
        """Add an actor to its queue; ValueError when another one there takes one of its topics."""
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
        """Run the hooks of middleware only; the worker declares the consumer when it starts."""
        self.emit_before("declare_queue", queue_name)
        self.emit_after("declare_queue", queue_name)

    def order_of(self, queue_name: str) -> Order:
        """Return the order of a queue, which is UNORDERED unless `orders` names it."""
        return self._orders.get(queue_name, Order.UNORDERED)

    def consumers(self, queue_name: str, partitions: int = PARTITIONS) -> tuple[ConsumerSpec, ...]:
        """Return the durable consumers that the actors of a queue share."""
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

    def keeps_decisions(self, queue_names: Iterable[str]) -> bool:
        """Return whether an actor of these queues needs a journal of decisions."""
        return any(
            actor.keeps_decision
            for name in queue_names
            for actor in self.actors_by_queue.get(name, {}).values()
        )

    def enqueue(self, message: Any, *, delay: int | None = None) -> Any:
        """Note the delay on a failed delivery, which makes the worker nack it.

        Retries calls this to put a message back into its queue; ours is still in the stream.
        """
        if not isinstance(message, Delivery):
            raise TakesEvents("this broker")
        self.emit_before("enqueue", message, delay)
        message.retry_delay_ms = delay or 0
        self.emit_after("enqueue", message, delay)
        return message

    def consume(self, *_: Any, **__: Any) -> NoReturn:
        """Raise TypeError: dramatiq's threads cannot consume from JetStream, a Worker does."""
        raise TypeError("actors run on an event loop: use tradewind.runtime.Worker")

    def add_middleware(self, middleware: Middleware, **where: Any) -> None:
        """Add a middleware; TypeError for one that interrupts or blocks a thread.

        All actors share the thread of the event loop, so it would stop every message in flight.
        """
        if isinstance(middleware, _THREAD_BOUND):
            raise TypeError(
                f"{type(middleware).__name__} is bound to threads, and actors share an event loop"
            )
        self._hooks.clear()
        super().add_middleware(middleware, **where)

    def emit_before(self, signal: str, *args: Any, **kwargs: Any) -> None:
        """Run the hooks before a signal; an error of one prevents what was about to happen."""
        for hook in self._hooks_of("before_" + signal):
            hook(self, *args, **kwargs)

    def emit_after(self, signal: str, *args: Any, **kwargs: Any) -> None:
        """Run the hooks after a signal in reverse order; an error of one is only logged."""
        for hook in reversed(self._hooks_of("after_" + signal)):
            try:
                hook(self, *args, **kwargs)
            except Exception:  # the hook is an observer: what it observed has happened anyway
                self.logger.critical("hook %r of %s failed", hook, signal, exc_info=True)

    def _hooks_of(self, name: str) -> tuple[Hook, ...]:
        """Return the overridden hooks of a signal.

        Most middleware override one or two of twenty; calling the others would cost every message.
        """
        hooks = self._hooks.get(name)
        if hooks is None:
            default = getattr(Middleware, name)
            hooks = self._hooks[name] = tuple(
                getattr(one, name)
                for one in self.middleware
                if getattr(type(one), name) is not default
            )
        return hooks
