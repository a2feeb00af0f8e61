"""Metrics count what happened; log records carry the ids of the event at hand."""

import io
import json
import logging
import sys

import pytest
import structlog
from dramatiq.middleware import Retries
from prometheus_client import CollectorRegistry

from tests.support.runtime_events import TOPIC, make_event
from tradewind.contracts.envelope import AnyEvent
from tradewind.errors import NotYet, PermanentError, TransientError
from tradewind.runtime import JetStreamBroker, LogContext, Metrics, StubBroker
from tradewind.telemetry import configure_logging


async def test_messages_are_counted_by_outcome() -> None:
    registry = CollectorRegistry()
    broker = JetStreamBroker([Metrics(registry), Retries(max_retries=3, min_backoff=1)])
    errors = [NotYet(1), TransientError(), None, PermanentError()]

    @broker.actor(queue_name="q", topics=[TOPIC], actor_name="judge")
    async def judge(event: AnyEvent, ports: object) -> list[AnyEvent]:
        error = errors.pop(0)
        if error is not None:
            raise error
        return []

    stub = StubBroker(judge)
    await stub.publish(make_event())
    await stub.drain()
    await stub.publish(make_event())
    await stub.drain()

    def count(outcome: str) -> float | None:
        labels = {"actor": "judge", "outcome": outcome}
        return registry.get_sample_value("tradewind_actor_messages_total", labels)

    assert [count(name) for name in ("ok", "waiting", "error", "dead")] == [1, 1, 2, 0]
    duration = "tradewind_actor_duration_seconds"
    assert registry.get_sample_value(f"{duration}_count", {"actor": "judge"}) == 4
    smallest = registry.get_sample_value(f"{duration}_bucket", {"actor": "judge", "le": "0.0005"})
    assert smallest is not None


async def test_no_traceback_is_written_for_what_has_to_be_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Given an answer that comes later, then the retry middleware finds no error to format."""
    handled: list[object] = []
    monkeypatch.setattr(
        "dramatiq.middleware.retries.traceback.format_exc",
        lambda **_: handled.append(sys.exc_info()[1]),
    )
    errors: list[Exception] = [NotYet(1), TransientError()]
    broker = JetStreamBroker([Retries(max_retries=3, min_backoff=1)])

    @broker.actor(queue_name="q", topics=[TOPIC])
    async def ask(event: AnyEvent, ports: object) -> list[AnyEvent]:
        if errors:
            raise errors.pop(0)
        return []

    stub = StubBroker(ask)
    await stub.publish(make_event())
    await stub.drain()
    assert (errors, handled) == ([], [None, None])


async def test_log_records_carry_the_ids_of_the_event(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    configure_logging("planner")
    broker = JetStreamBroker([LogContext()])

    @broker.actor(queue_name="q", topics=[TOPIC])
    async def speak(event: AnyEvent, ports: object) -> list[AnyEvent]:
        structlog.get_logger("speak").info("planned", pools=3)
        logging.getLogger("library").warning("slow")
        return []

    event = make_event()
    await speak.broker.actors["speak"](event, None)
    stub = StubBroker(speak)
    await stub.publish(event)
    await stub.drain()
    outside, _, inside, library = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert "eventId" not in outside
    for record in (inside, library):
        assert record["topic"] == TOPIC
        assert record["correlationId"] == event.correlation_id
        assert record["eventId"] == event.event_id
        assert record["role"] == "planner"
    assert inside["pools"] == 3
