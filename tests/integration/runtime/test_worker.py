"""One worker on a real server: publishing, retrying, giving up, settling."""

import asyncio
import os
import signal
from datetime import datetime
from typing import Any

from dramatiq.middleware import AgeLimit, Middleware
from structlog.testing import capture_logs

from tests.integration.runtime.harness import (
    QUEUE,
    RuntimeHarness,
    answer,
    declare,
    freeze,
    running,
)
from tests.support.runtime_events import TOPIC, following, make_event
from tests.support.waiting import wait_until
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.streams import EVENTS_STREAM, MESSAGE_ID_HEADER
from tradewind.contracts.system.dead_letters import DeadLetterReason
from tradewind.contracts.system.reasons import QuarantineReason
from tradewind.contracts.trace_context import TRACEPARENT_HEADER, traceparent_of
from tradewind.errors import NotYet, PermanentError, TransientError, UnknownOutcome
from tradewind.runtime import Publisher


async def test_what_a_handler_returns_is_published_under_its_event_id(
    harness: RuntimeHarness,
) -> None:
    event = make_event()
    await harness.publisher.publish(event)
    async with running(declare(answer), harness.connection):
        await harness.settled(1)
    message = await harness.connection.jetstream.get_msg(EVENTS_STREAM, 2)
    (expected,) = following(event)
    assert message.data == expected.to_bytes()
    assert message.subject == expected.subject
    assert message.headers == {
        MESSAGE_ID_HEADER: expected.event_id,
        TRACEPARENT_HEADER: traceparent_of(
            expected.correlation_id, expected.event_id, is_sampled=False
        ),
    }


async def test_the_input_is_acknowledged_only_after_its_events_are_stored(
    harness: RuntimeHarness,
) -> None:
    class Order(Middleware):
        def before_ack(self, broker: Any, message: Any) -> None:
            stored_before_ack.append(publisher.stored)

    class Counting(Publisher):
        stored = 0

        async def publish_all(self, events: Any) -> None:
            await super().publish_all(events)
            self.stored += 1

    stored_before_ack: list[int] = []
    publisher = Counting(harness.connection)
    await harness.publisher.publish(make_event())
    async with running(declare(answer, Order()), harness.connection, publisher=publisher):
        await harness.settled(1)
    assert stored_before_ack == [1]


async def test_failures_are_redelivered_after_growing_delays(harness: RuntimeHarness) -> None:
    class Delays(Middleware):
        def before_enqueue(self, broker: Any, message: Any, delay: int) -> None:
            delays_ms.append(delay)

    async def handler(event: AnyEvent, ports: object) -> list[AnyEvent]:
        seconds.append(asyncio.get_running_loop().time())
        if len(seconds) < 4:
            raise TransientError("not today")
        return following(event)

    delays_ms: list[int] = []
    seconds: list[float] = []
    await harness.publisher.publish(make_event())
    async with running(declare(handler, Delays()), harness.connection):
        await harness.settled(1)
    assert delays_ms[0] < delays_ms[1] < delays_ms[2]
    for index, delay_ms in enumerate(delays_ms):
        assert (seconds[index + 1] - seconds[index]) * 1_000 >= delay_ms - 1
    assert len(await harness.stored()) == 1
    assert not await harness.dead_letters()


async def test_exhausted_retries_leave_a_dead_letter_with_the_bytes(
    harness: RuntimeHarness,
) -> None:
    async def handler(event: AnyEvent, ports: object) -> list[AnyEvent]:
        raise TransientError("postgresql://trader:hunter2@db is down")

    event = make_event()
    await harness.publisher.publish(event)
    async with running(declare(handler), harness.connection):
        await harness.settled(1)
    (letter,) = await harness.dead_letters()
    assert letter.reason == DeadLetterReason.RETRIES_EXHAUSTED
    assert letter.attempts == 4
    assert letter.raw == event.to_bytes()
    assert letter.subject == event.subject
    assert letter.queue_group == QUEUE
    assert letter.id == "planner-workers-1"
    assert "hunter2" not in letter.error


async def test_a_flow_is_ended_by_events_instead_of_a_dead_letter(harness: RuntimeHarness) -> None:
    async def handler(event: AnyEvent, ports: object) -> list[AnyEvent]:
        raise PermanentError("refused")

    def give_up(event: AnyEvent, error: Exception, now: datetime) -> list[AnyEvent]:
        return following(event)

    event = make_event()
    await harness.publisher.publish(event)
    async with running(declare(handler, on_exhausted=give_up), harness.connection):
        await harness.settled(1)
    assert await harness.stored() == following(event)
    assert not await harness.dead_letters()


async def test_poison_is_set_aside_and_its_neighbours_are_handled(harness: RuntimeHarness) -> None:
    garbage = b"\xff\xfe not an event"
    event = make_event()
    await harness.publisher.publish(make_event())
    await harness.publish_raw(f"{TOPIC}.a.b", garbage)
    await harness.publish_raw(f"{TOPIC}.other.demo", event.to_bytes())
    await harness.publisher.publish(make_event())
    async with running(declare(answer), harness.connection):
        await harness.settled(4)
        by_reason = {letter.reason: letter for letter in await harness.dead_letters()}
        assert by_reason[QuarantineReason.MALFORMED].raw == garbage
        assert by_reason[QuarantineReason.SUBJECT_MISMATCH].raw == event.to_bytes()
    info = await harness.consumer()
    assert info.num_redelivered == 0
    assert len(by_reason) == 2


async def test_a_publication_without_answer_is_published_again_under_its_ids(
    harness: RuntimeHarness,
) -> None:
    async def handler(event: AnyEvent, ports: object) -> list[AnyEvent]:
        attempts.append(event)
        if len(attempts) == 1:
            freeze(harness.server.pid)
            loop.call_later(0.4, os.kill, harness.server.pid, signal.SIGCONT)
        return following(event)

    loop = asyncio.get_running_loop()
    attempts: list[AnyEvent] = []
    event = make_event()
    await harness.publisher.publish(event)
    impatient = Publisher(harness.connection, timeout_seconds=0.05)
    async with running(declare(handler), harness.connection, publisher=impatient):
        await harness.settled(1)
    assert len(attempts) > 1
    assert await harness.stored() == following(event)
    assert not await harness.dead_letters()


async def test_a_refused_publication_keeps_the_input(harness: RuntimeHarness) -> None:
    class Full(Publisher):
        async def publish_all(self, events: Any) -> None:
            if not attempts:
                attempts.append(events)
                await self.publish_raw("nobody.listens", b"", {})
            await super().publish_all(events)

    attempts: list[Any] = []
    event = make_event()
    await harness.publisher.publish(event)
    full = Full(harness.connection)
    async with running(declare(answer, max_retries=0), harness.connection, publisher=full):
        await harness.settled(1)
    assert attempts
    assert await harness.stored() == following(event)


async def test_waiting_is_neither_an_error_nor_an_attempt(harness: RuntimeHarness) -> None:
    async def handler(event: AnyEvent, ports: object) -> list[AnyEvent]:
        deliveries.append(event)
        if len(deliveries) <= 10:
            raise NotYet(5)
        return following(event)

    deliveries: list[AnyEvent] = []
    await harness.publisher.publish(make_event())
    with capture_logs() as records:
        async with running(declare(handler, max_retries=1), harness.connection):
            await harness.settled(1)
    assert len(await harness.stored()) == 1
    assert not [record for record in records if record["log_level"] in ("warning", "error")]


async def test_an_unknown_outcome_is_never_given_up(harness: RuntimeHarness) -> None:
    async def handler(event: AnyEvent, ports: object) -> list[AnyEvent]:
        deliveries.append(event)
        if len(deliveries) <= 6:
            raise UnknownOutcome("no receipt")
        return following(event)

    deliveries: list[AnyEvent] = []
    await harness.publisher.publish(make_event())
    async with running(declare(handler, max_backoff=30), harness.connection):
        await harness.settled(1)
    assert len(await harness.stored()) == 1
    assert not await harness.dead_letters()


async def test_a_handler_is_stopped_at_its_time_limit(harness: RuntimeHarness) -> None:
    async def handler(event: AnyEvent, ports: object) -> list[AnyEvent]:
        await asyncio.Event().wait()
        return []

    await harness.publisher.publish(make_event())
    async with running(declare(handler, time_limit=30, max_retries=1), harness.connection):
        await harness.settled(1)
    (letter,) = await harness.dead_letters()
    assert letter.reason == DeadLetterReason.TIME_LIMIT
    assert letter.attempts == 2


async def test_a_guard_that_raises_keeps_the_handler_from_running(harness: RuntimeHarness) -> None:
    class Halted(Middleware):
        def before_process_message(self, broker: Any, message: Any) -> None:
            raise PermanentError("trading is halted")

    await harness.publisher.publish(make_event())
    async with running(declare(answer, Halted()), harness.connection):
        await harness.settled(1)
    assert not await harness.stored()
    (letter,) = await harness.dead_letters()
    assert letter.reason == DeadLetterReason.PERMANENT_ERROR


async def test_the_age_of_a_message_is_its_time_in_the_stream(harness: RuntimeHarness) -> None:
    await harness.publisher.publish(make_event())
    await asyncio.sleep(0.05)
    async with running(declare(answer, AgeLimit(max_age=20)), harness.connection):
        await harness.settled(1)
    (letter,) = await harness.dead_letters()
    assert letter.reason == DeadLetterReason.AGE_LIMIT


async def test_a_worker_that_stops_finishes_what_is_in_flight_and_returns_the_rest(
    harness: RuntimeHarness,
) -> None:
    async def handler(event: AnyEvent, ports: object) -> list[AnyEvent]:
        order.append(event.event_id)
        if len(order) == 1:
            await release.wait()
        else:
            await asyncio.Event().wait()
        return following(event)

    order: list[str] = []
    release = asyncio.Event()
    events = [make_event(), make_event()]
    await harness.publisher.publish_all(events)
    broker = declare(handler, time_limit=60_000, ack_wait=90_000)
    async with running(broker, harness.connection, shutdown_timeout_seconds=0.2):
        await wait_until(lambda: len(order) == 2)
        release.set()
    assert await harness.stored() == following(events[0])

    async def rest(event: AnyEvent, ports: object) -> list[AnyEvent]:
        order.append(event.event_id)
        return []

    async with running(declare(rest), harness.connection):
        await harness.settled(3)
    assert order == [events[0].event_id, events[1].event_id, events[1].event_id]
