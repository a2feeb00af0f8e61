"""Runs one delivery (hooks, decision, publishing) and notes on it what to do with the message."""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from itertools import groupby
from typing import Any, Final

import structlog
from dramatiq.errors import Retry
from dramatiq.middleware import SkipMessage

from tradewind.contracts.envelope import AnyEvent, InvalidEvent
from tradewind.contracts.subjects import published_subject
from tradewind.contracts.system.dead_letters import DeadLetter, DeadLetterReason
from tradewind.errors import NotYet, PermanentError, TradewindError, TransientError, UnknownOutcome
from tradewind.failpoints import failpoint
from tradewind.runtime import clock
from tradewind.runtime.actor import Published
from tradewind.runtime.broker import JetStreamBroker
from tradewind.runtime.decisions import (
    Decision,
    DecisionJournal,
    DecisionKey,
    DecisionUnavailable,
    decision_of,
)
from tradewind.runtime.delivery import Delivery
from tradewind.runtime.metrics import DECISIONS
from tradewind.runtime.publisher import PublishRefused, check_size
from tradewind.runtime.time_limit import TimeLimit, TimeLimitExceeded
from tradewind.runtime.tracing import Handling, begin_handling, end_handling, tell_handled

REDELIVERY_DELAY_MS: Final = 1_000
"""A failed message is redelivered after this time unless a middleware decides otherwise."""
MAX_REFUSED_BACKOFF_MS: Final = 5_000
"""A full stream refuses all that is in flight, and so does a journal that is away. The backoff
spares them, but ends soon enough that workers go on within seconds of an operator's mending it."""
MAX_COUNTED_MESSAGES: Final = 10_000
DECISION_KEPT: Final = "decision.kept"
DECISION_PUBLISHED: Final = "decision.published"
BETWEEN_HISTORIES: Final = "decision.between_histories"
FAILPOINTS: Final = (DECISION_KEPT, DECISION_PUBLISHED, BETWEEN_HISTORIES)

Publish = Callable[[Published], Awaitable[None]]

logger = structlog.get_logger(__name__)


class Executor:
    """Runs the deliveries of one process.

    `journal` keeps the decisions of actors that declare `keeps_decision`. It is read before the
    handler runs and written before anything is published, so a decision that was published once is
    published ever after, and a handler whose decision is kept does not run again, but for a first
    delivery to one that `decides_first`.

    After `run`, `delivery.failed` asks the worker for a dead letter and `delivery.retry_delay_ms`
    for a redelivery; if neither is set, the worker acknowledges the message.
    """

    def __init__(
        self, broker: JetStreamBroker, publish: Publish, journal: DecisionJournal | None = None
    ) -> None:
        self._broker = broker
        self._publish = publish
        self._journal = journal
        self._failures: dict[str, int] = {}
        self._refusals: dict[str, int] = {}
        self._limits: dict[int, TimeLimit] = {}

    async def run(self, delivery: Delivery, ports: object) -> None:
        """Handle the message and publish what the handler returns."""
        handled = begin_handling(delivery.received.headers)
        if handled is None:
            await self._run(delivery, ports, None)
            return
        try:
            await self._run(delivery, ports, handled)
        finally:
            end_handling(handled)
        if delivery.event is not None:
            actor, error = delivery.actor, delivery.exception
            # Asking for the message again later is no failure.
            name = None if error is None or isinstance(error, NotYet) else type(error).__name__
            tell_handled(handled, delivery.event, actor.actor_name, actor.queue_name, name)

    async def _run(self, delivery: Delivery, ports: object, handled: Handling | None) -> None:
        actor = delivery.actor
        failure: Exception | None = None
        if actor.waits:
            delivery.failures_before = self._failures.get(delivery.message_key, 0)
        try:
            delivery.event = actor.decode(delivery.received.subject, delivery.received.data)
            if handled is not None:
                handled.begin(delivery.event, actor.queue_name)
            self._broker.emit_before("process_message", delivery)
            if actor.keeps_decision:
                events: Published | None = await self._first_decision(delivery, ports)
            else:
                events = await self._within_time_limit(delivery, ports)
            if events:
                await self._publish_in_order(events)
            if actor.keeps_decision:
                failpoint(DECISION_PUBLISHED)
        except InvalidEvent as error:
            delivery.stuff_exception(error)
            delivery.fail()
        except SkipMessage as error:
            delivery.stuff_exception(error)
            self._broker.emit_after("skip_message", delivery)
        except Exception as error:  # the message must be settled whatever the handler raises
            failure = error
        else:
            self._broker.emit_after("process_message", delivery, result=events)
            if actor.waits:
                self._failures.pop(delivery.message_key, None)
                self._refusals.pop(delivery.message_key, None)
        if failure is not None:
            # Out of the handler's error: the retry middleware formats the traceback of the one that
            # is being handled, and nobody reads it. A wait for an answer would cost a millisecond.
            await self._fail(delivery, failure, ports)

    def _within_time_limit(
        self, delivery: Delivery, ports: object
    ) -> Coroutine[Any, Any, Published | None]:
        """Run the handler; it raises TimeLimitExceeded when it takes too long."""
        actor = delivery.actor
        limit = self._limits.get(actor.time_limit_ms)
        if limit is None:
            limit = self._limits[actor.time_limit_ms] = TimeLimit(actor.time_limit_ms)
        return limit.run(actor.handle(delivery.event, ports, delivery.received.data))

    async def _publish_in_order(self, events: Published) -> None:
        """Publish events; those of another history only after the broker has those before them.

        So a history is never seen to end before the one that it led to has begun.
        """
        if events[0].correlation_id == events[-1].correlation_id:
            await self._publish(events)
            return
        for number, (_, history) in enumerate(groupby(events, lambda one: one.correlation_id)):
            if number:
                failpoint(BETWEEN_HISTORIES)
            await self._publish(tuple(history))

    async def _first_decision(self, delivery: Delivery, ports: object) -> Decision:
        """Return the decision that is kept; without one, let the handler decide and keep that.

        A first delivery hardly ever has one (a message that was sent again has), so a handler that
        may run in vain is not worth the question: keeping returns the first decision anyway.
        """
        asks = delivery.attempts > 1 or not delivery.actor.decides_first
        kept = await self._kept_by.find(_key(delivery)) if asks else None
        if kept is None:
            return await self._keep(delivery, await self._within_time_limit(delivery, ports))
        DECISIONS.labels(delivery.actor.queue_name, "repeated").inc()
        return _told(delivery, kept)

    async def _keep(self, delivery: Delivery, events: Published | None) -> Decision:
        """Keep a decision and return the first one, which another process may have kept.

        One that the broker cannot store is not kept: there would be no other ever after.
        """
        decided = decision_of(events)
        for event in decided:
            check_size(event)
        kept = await self._kept_by.keep(_key(delivery), decided)
        failpoint(DECISION_KEPT)
        outcome = "kept" if kept == decided else "overruled"
        DECISIONS.labels(delivery.actor.queue_name, outcome).inc()
        return _told(delivery, kept)

    @property
    def _kept_by(self) -> DecisionJournal:
        assert self._journal is not None, "a worker is not made without one"
        return self._journal

    async def _fail(self, delivery: Delivery, error: Exception, ports: object) -> None:
        """Let the middleware decide between redelivery and giving up.

        Three errors never end in a dead letter: NotYet is no failure, after UnknownOutcome only
        another run can find out what happened, and PublishRefused is a problem of the broker. Their
        deliveries must not count as retries, so failures are counted in this process instead.
        """
        delivery.stuff_exception(error)
        delivery.retry_delay_ms = REDELIVERY_DELAY_MS
        if isinstance(error, NotYet | UnknownOutcome | PublishRefused):
            delivery.actor.waits = True
            delivery.options["max_retries"] = None
            if isinstance(error, PublishRefused | DecisionUnavailable):
                delivery.options["retries"] = _count(self._refusals, delivery)
                delivery.options["max_backoff"] = MAX_REFUSED_BACKOFF_MS
        elif delivery.actor.waits:
            _count(self._failures, delivery)
        if isinstance(error, NotYet):
            self._emit_failure(delivery, Retry(str(error), delay=error.delay_ms))
            return
        _log_failure(delivery, error)
        self._emit_failure(delivery, error)
        if delivery.failed and isinstance(error, TransientError | PermanentError):
            await self._end_flow(delivery, error, ports)

    def _emit_failure(self, delivery: Delivery, error: Exception) -> None:
        self._broker.emit_after("process_message", delivery, exception=error)

    async def _end_flow(self, delivery: Delivery, error: Exception, ports: object) -> None:
        """Publish the actor's terminal events, so that its correlation does not stay open.

        The message is then acknowledged: it has an outcome and needs no dead letter. Giving up is a
        decision as any other: it is kept, unless another one was kept first.
        """
        actor, event = delivery.actor, delivery.event
        if actor.on_exhausted is None or event is None:
            return
        try:
            ending = actor.on_exhausted(event, error, clock.now())
            await self._publish(await self._kept_ending(delivery, ending, ports))
        except (NotYet, UnknownOutcome, PublishRefused) as unpublished:
            delivery.stuff_exception(unpublished)
            delivery.retry_delay_ms = REDELIVERY_DELAY_MS
        except Exception as bug:  # the message becomes a dead letter that names this error
            logger.exception("on_exhausted failed", actor=actor.actor_name)
            delivery.stuff_exception(bug)
            return
        else:
            delivery.retry_delay_ms = None
        delivery.failed = False

    async def _kept_ending(
        self, delivery: Delivery, ending: Sequence[AnyEvent], ports: object
    ) -> Published:
        actor = delivery.actor
        if actor.keeps_decision:
            return await self._keep(delivery, ending)
        if actor.keep_ending is not None:
            return await actor.keep_ending(delivery.event, ending, ports)
        return ending


def _key(delivery: Delivery) -> DecisionKey:
    assert delivery.event is not None
    return DecisionKey(delivery.event.event_id, delivery.actor.queue_name)


def _told(delivery: Delivery, kept: Decision) -> Decision:
    tell = delivery.actor.tell_kept
    return kept if tell is None else tell(delivery.event, kept)


def _count(counts: dict[str, int], delivery: Delivery) -> int:
    """Increment the count of a message and return the one before; the oldest counts are dropped."""
    key = delivery.message_key
    before = counts.pop(key, 0)
    if len(counts) >= MAX_COUNTED_MESSAGES:
        counts.pop(next(iter(counts)))
    counts[key] = before + 1
    return before


def _log_failure(delivery: Delivery, error: Exception) -> None:
    known = isinstance(error, TradewindError | Retry)
    logger.log(
        30 if known else 40,
        "handler failed",
        actor=delivery.actor.actor_name,
        attempt=delivery.attempts,
        error=f"{type(error).__name__}: {error}",
        exc_info=None if known else error,
    )


def dead_letter_of(delivery: Delivery) -> DeadLetter:
    """Return the dead letter of a delivery that failed."""
    error = delivery.exception
    return DeadLetter(
        queue_group=delivery.actor.queue_name,
        subject=published_subject(delivery.received.subject),
        reason=_reason(delivery, error),
        error=f"{type(error).__name__}: {error}",
        attempts=delivery.attempts,
        raw=delivery.received.data,
        stream_sequence=delivery.stream_sequence,
    )


def _reason(delivery: Delivery, error: BaseException | None) -> str:
    if isinstance(error, InvalidEvent):
        return error.reason
    if isinstance(error, TransientError):
        return DeadLetterReason.RETRIES_EXHAUSTED
    if isinstance(error, TimeLimitExceeded):
        return DeadLetterReason.TIME_LIMIT
    if isinstance(error, SkipMessage):
        return DeadLetterReason.AGE_LIMIT
    if error is not None and isinstance(error, delivery.actor.options["throws"]):
        return DeadLetterReason.PERMANENT_ERROR
    return DeadLetterReason.UNEXPECTED_ERROR
