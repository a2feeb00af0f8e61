"""Retries, giving up, guards and limits, in memory and in virtual time."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import dramatiq
import pytest
from dramatiq.middleware import AgeLimit, Retries, SkipMessage
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from tests.support.runtime_events import FOLLOWING_TOPIC, TOPIC, following, make_event
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.system.dead_letters import DeadLetterReason
from tradewind.contracts.system.reasons import QuarantineReason
from tradewind.errors import NotYet, PermanentError, TransientError, UnknownOutcome
from tradewind.runtime import EventActor, JetStreamBroker, PublishRefused, StubBroker
from tradewind.runtime.execution import MAX_REFUSED_BACKOFF_MS
from tradewind.runtime.stub import TooManyDeliveries

MIN_BACKOFF_MS = 100
MAX_BACKOFF_MS = 1_000


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Rendering the tracebacks of bugs on purpose takes longer than everything else here."""
    with capture_logs():
        yield


def declare(handler: Any, *guards: dramatiq.Middleware, **options: Any) -> EventActor:
    retries = Retries(max_retries=5, min_backoff=MIN_BACKOFF_MS, max_backoff=MAX_BACKOFF_MS)
    broker = JetStreamBroker([retries, *guards])
    return broker.actor(**({"queue_name": "q", "topics": [TOPIC]} | options))(handler)


def raising(*errors: Exception) -> Callable[..., Any]:
    """Return a handler that raises these errors one after the other, then answers."""
    left = list(errors)

    async def handler(event: AnyEvent, ports: object) -> list[AnyEvent]:
        if left:
            raise left.pop(0)
        return following(event)

    return handler


def give_up(event: AnyEvent, error: Exception, now: datetime) -> list[AnyEvent]:
    assert now.tzinfo is not None
    return following(event)


async def run(actor: EventActor, event: AnyEvent | None = None) -> StubBroker:
    stub = StubBroker(actor)
    await stub.publish(event or make_event())
    await stub.drain()
    return stub


async def test_an_actor_is_tested_in_three_lines() -> None:
    stub = StubBroker(declare(raising()))
    await stub.publish(event := make_event())
    await stub.drain()
    assert stub.published == following(event)


async def test_ports_are_given_by_object_or_by_queue() -> None:
    async def handler(event: AnyEvent, ports: object) -> list[AnyEvent]:
        seen.append(ports)
        return []

    seen: list[object] = []
    for ports in ("same", {"q": "of the queue"}):
        stub = StubBroker(declare(handler), ports=ports)
        await stub.publish(make_event())
        await stub.drain()
    assert seen == ["same", "of the queue"]


async def test_events_flow_from_actor_to_actor_once() -> None:
    async def finish(event: AnyEvent, ports: object) -> list[AnyEvent]:
        finished.append(event)
        return []

    finished: list[AnyEvent] = []
    stub = StubBroker(declare(raising()), declare(finish, topics=[FOLLOWING_TOPIC]))
    event = make_event()
    await stub.publish(event)
    await stub.publish(event)
    await stub.drain()
    assert stub.published == finished == following(event)


async def test_delays_grow_and_stop_at_their_limit() -> None:
    stub = await run(declare(raising(*[TransientError()] * 5)))
    bounds = [(100, 200), (200, 400), (400, 800), (500, MAX_BACKOFF_MS), (500, MAX_BACKOFF_MS)]
    for delay, (low, high) in zip(stub.redeliveries, bounds, strict=True):
        assert low <= delay <= high
    assert len(stub.published) == 1


@given(st.integers(0, 10), st.integers(0, 10))
def test_the_actor_is_called_once_more_than_it_may_retry(failures: int, max_retries: int) -> None:
    stub = asyncio.run(
        run(declare(raising(*[TransientError()] * failures), max_retries=max_retries))
    )
    assert len(stub.redeliveries) == min(failures, max_retries)
    assert len(stub.dead_letters) == (failures > max_retries)


async def test_exhausted_retries_end_in_a_dead_letter() -> None:
    event = make_event()
    stub = await run(declare(raising(*[TransientError("venue is down")] * 9)), event)
    (letter,) = stub.dead_letters
    assert letter.reason == DeadLetterReason.RETRIES_EXHAUSTED
    assert letter.attempts == 6
    assert letter.raw == event.to_bytes()
    assert letter.subject == event.subject
    assert letter.id == "q-1"
    assert "venue is down" in letter.error


async def test_a_permanent_error_is_not_retried() -> None:
    stub = await run(declare(raising(PermanentError("never"))))
    assert not stub.redeliveries
    assert stub.dead_letters[0].reason == DeadLetterReason.PERMANENT_ERROR


async def test_throws_means_what_it_means_in_dramatiq() -> None:
    stub = await run(declare(raising(KeyError("k")), throws=KeyError))
    assert not stub.redeliveries
    assert stub.dead_letters[0].reason == DeadLetterReason.PERMANENT_ERROR


@pytest.mark.parametrize("errors", [[TransientError()] * 6, [PermanentError()]])
async def test_a_role_ends_the_flow_instead_of_leaving_it_hanging(errors: list[Exception]) -> None:
    event = make_event()
    stub = await run(declare(raising(*errors), on_exhausted=give_up), event)
    assert stub.published == following(event)
    assert not stub.dead_letters


async def test_a_bug_never_ends_a_flow() -> None:
    stub = await run(declare(raising(*[ZeroDivisionError()] * 6), on_exhausted=give_up))
    assert not stub.published
    assert stub.dead_letters[0].reason == DeadLetterReason.UNEXPECTED_ERROR


async def test_a_bug_in_ending_the_flow_is_a_dead_letter_too() -> None:
    def broken(event: AnyEvent, error: Exception, now: datetime) -> list[AnyEvent]:
        raise LookupError("broken")

    stub = await run(declare(raising(PermanentError()), on_exhausted=broken))
    assert "broken" in stub.dead_letters[0].error


@pytest.mark.parametrize("error", [UnknownOutcome("no answer"), PublishRefused("full")])
async def test_what_may_have_happened_is_never_given_up(error: Exception) -> None:
    stub = await run(declare(raising(*[error] * 50), on_exhausted=give_up))
    assert len(stub.redeliveries) == 50
    assert len(stub.published) == 1
    assert not stub.dead_letters


async def test_waiting_is_no_failure() -> None:
    errors = [NotYet(40)] * 20 + [TransientError()] * 5 + [NotYet(7)]
    stub = await run(declare(raising(*errors)))
    assert stub.redeliveries[:20] == [40] * 20
    assert stub.redeliveries[-1] == 7
    assert len(stub.published) == 1


async def test_a_broker_that_refuses_is_asked_less_and_less_often() -> None:
    """A full stream refuses for hours; what waited for something else before is no exception."""
    refusals = [PublishRefused("full") for _ in range(12)]
    actor = declare(raising(NotYet(1), *refusals), max_backoff=60_000)
    stub = await run(actor)
    (_, *delays) = stub.redeliveries
    assert len(delays) == 12
    assert min(delays) <= 2 * MIN_BACKOFF_MS
    assert max(delays) <= MAX_REFUSED_BACKOFF_MS
    assert sum(delays[6:]) > 6 * MAX_REFUSED_BACKOFF_MS / 2 - 1
    assert not stub.dead_letters


async def test_failures_between_waits_still_add_up() -> None:
    errors = [error for _ in range(6) for error in (NotYet(1), TransientError())]
    stub = await run(declare(raising(*errors)))
    assert stub.dead_letters[0].reason == DeadLetterReason.RETRIES_EXHAUSTED


async def test_a_guard_that_raises_keeps_the_handler_from_running() -> None:
    class Guard(dramatiq.Middleware):
        def before_process_message(self, broker: object, message: object) -> None:
            raise PermissionError("halted")

    handled: list[AnyEvent] = []

    async def handler(event: AnyEvent, ports: object) -> list[AnyEvent]:
        handled.append(event)
        return []

    stub = await run(declare(handler, Guard()))
    assert not handled
    assert len(stub.redeliveries) == 5
    assert "halted" in stub.dead_letters[0].error


async def test_a_guard_may_skip_a_message() -> None:
    class Guard(dramatiq.Middleware):
        def before_process_message(self, broker: object, message: object) -> None:
            raise SkipMessage("not for us")

    stub = await run(declare(raising(), Guard()))
    assert not stub.published
    assert not stub.redeliveries
    assert not stub.dead_letters


async def test_a_message_over_the_age_limit_is_a_dead_letter() -> None:
    stub = await run(declare(raising(), AgeLimit(max_age=1_000)))
    assert not stub.published
    assert stub.dead_letters[0].reason == DeadLetterReason.AGE_LIMIT


async def test_a_handler_is_stopped_at_its_time_limit() -> None:
    async def hang(event: AnyEvent, ports: object) -> list[AnyEvent]:
        await asyncio.Event().wait()
        return []

    stub = await run(declare(hang, time_limit=5, max_retries=1, on_exhausted=give_up))
    assert len(stub.redeliveries) == 1
    assert stub.dead_letters[0].reason == DeadLetterReason.TIME_LIMIT
    assert not stub.published


async def test_a_time_out_of_the_handlers_own_is_not_the_time_limit() -> None:
    stub = await run(declare(raising(*[TimeoutError()] * 6)))
    assert stub.dead_letters[0].reason == DeadLetterReason.UNEXPECTED_ERROR


async def test_without_retries_a_failure_is_still_redelivered() -> None:
    actor = JetStreamBroker([]).actor(queue_name="q", topics=[TOPIC])(raising(KeyError()))
    stub = await run(actor)
    assert len(stub.published) == 1


async def test_poison_is_set_aside_and_its_neighbours_are_handled() -> None:
    stub = StubBroker(declare(raising()))
    await stub.publish(make_event())
    await stub.publish_raw(f"{TOPIC}.a.b", b"\xff\x00")
    await stub.publish(make_event())
    await stub.drain()
    assert len(stub.published) == 2
    (letter,) = stub.dead_letters
    assert (letter.raw, letter.reason) == (b"\xff\x00", QuarantineReason.MALFORMED)


async def test_actors_that_never_rest_are_noticed() -> None:
    async def never(event: AnyEvent, ports: object) -> list[AnyEvent]:
        raise NotYet(1)

    stub = StubBroker(declare(never))
    await stub.publish(make_event())
    with pytest.raises(TooManyDeliveries):
        await stub.drain(max_deliveries=100)
    assert len(stub.redeliveries) == 100
