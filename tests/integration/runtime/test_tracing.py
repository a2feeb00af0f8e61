"""Spans reach a collector with the ids that the envelope gives them, and nothing of it when off."""

import subprocess
import sys
from typing import Any

import pytest

from tests.integration.runtime.harness import RuntimeHarness, answer, declare, running
from tests.support.otlp_receiver import OtlpReceiver, otlp_receiver
from tests.support.runtime_events import FOLLOWING_TOPIC, TOPIC, following, make_event
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.streams import EVENTS_STREAM
from tradewind.contracts.trace_context import (
    TRACEPARENT_HEADER,
    span_id_of,
    trace_id_of,
    traceparent_of,
)
from tradewind.errors import ConfigurationError, NotYet, TransientError
from tradewind.runtime import tracing
from tradewind.runtime.tracing import traced
from tradewind.settings import TracingSettings


def on(receiver: OtlpReceiver, share: float = 1.0) -> TracingSettings:
    return TracingSettings(tracing="otlp", tracing_endpoint=f"{receiver.url}/", tracing_share=share)


async def handle(
    harness: RuntimeHarness, event: AnyEvent, handler: Any = answer, handled: int = 1
) -> None:
    await harness.publisher.publish(event)
    async with running(declare(handler), harness.connection):
        await harness.settled(handled)


async def flags_of(harness: RuntimeHarness) -> list[str]:
    """Return the trace contexts of the messages in the stream."""
    jetstream = harness.connection.jetstream
    last = (await jetstream.stream_info(EVENTS_STREAM)).state.last_seq
    messages = [await jetstream.get_msg(EVENTS_STREAM, n) for n in range(1, last + 1)]
    return [(message.headers or {})[TRACEPARENT_HEADER] for message in messages]


async def test_a_hop_is_a_span_of_its_event_and_one_of_its_handling(
    harness: RuntimeHarness,
) -> None:
    cause = make_event()
    (effect,) = following(cause)
    with otlp_receiver() as receiver, traced(on(receiver), "planner"):
        await handle(harness, cause)
        # Leaving the block sends what is left.
    assert receiver.services == {"tradewind-planner"}
    first, second = receiver.named(TOPIC), receiver.named(FOLLOWING_TOPIC)
    handling = next(one for one in receiver.spans if one.name.endswith(f" {TOPIC}"))
    assert {one.trace_id.hex() for one in receiver.spans} == {trace_id_of(cause.correlation_id)}
    assert first.span_id.hex() == span_id_of(cause.event_id)
    assert first.parent_span_id == b""
    assert second.span_id.hex() == span_id_of(effect.event_id)
    assert second.parent_span_id == handling.parent_span_id == first.span_id
    assert [link.span_id for link in second.links] == [handling.span_id]
    assert handling.start_time_unix_nano == second.start_time_unix_nano
    assert second.start_time_unix_nano <= second.end_time_unix_nano
    assert second.end_time_unix_nano <= handling.end_time_unix_nano


async def test_messages_carry_their_context_whether_it_is_recorded_or_not(
    harness: RuntimeHarness,
) -> None:
    cause = make_event()
    await handle(harness, cause)
    expected = [
        traceparent_of(event.correlation_id, event.event_id, is_sampled=False)
        for event in (cause, *following(cause))
    ]
    assert await flags_of(harness) == expected


async def test_who_exports_nothing_passes_on_that_others_do(harness: RuntimeHarness) -> None:
    """Given a trace that began where it is recorded: it stays so behind a role that is not."""
    with otlp_receiver() as receiver:
        with traced(on(receiver), "gateway"):
            await harness.publisher.publish(make_event())
        async with running(declare(answer), harness.connection):
            await harness.settled(1)
        assert {one[-2:] for one in await flags_of(harness)} == {"01"}
        assert [one.name for one in receiver.spans] == [TOPIC]


async def test_a_trace_that_is_not_chosen_is_recorded_nowhere(harness: RuntimeHarness) -> None:
    with otlp_receiver() as receiver:
        with traced(on(receiver, share=0.0), "planner"):
            await handle(harness, make_event())
        assert receiver.spans == []
        assert {one[-2:] for one in await flags_of(harness)} == {"00"}


async def test_a_failure_shows_by_its_kind_and_not_by_what_it_says(
    harness: RuntimeHarness,
) -> None:
    async def fail(event: Any, ports: Any) -> list[Any]:
        raise TransientError("no password for user secret")

    with otlp_receiver() as receiver:
        with traced(on(receiver), "planner"):
            await handle(harness, make_event(), fail)
        failed = [one for one in receiver.spans if one.status.code == 2]
        assert failed
        assert {one.status.message for one in failed} == {"TransientError"}
        assert "secret" not in str(receiver.spans)


async def test_waiting_is_no_failure(harness: RuntimeHarness) -> None:
    asked = 0

    async def wait_once(event: Any, ports: Any) -> list[Any]:
        nonlocal asked
        asked += 1
        if asked == 1:
            raise NotYet(1)
        return []

    with otlp_receiver() as receiver:
        with traced(on(receiver), "planner"):
            await handle(harness, make_event(), wait_once, handled=2)
        handled = [one for one in receiver.spans if one.name != TOPIC]
        assert [one.status.code for one in handled] == [0, 0]


async def test_a_collector_that_is_away_harms_nobody(harness: RuntimeHarness) -> None:
    with otlp_receiver() as receiver:
        settings = on(receiver)
    with traced(settings, "planner"):
        await handle(harness, make_event())
    assert len(await harness.stored()) == 1


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "tradewind.runtime.otlp", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    settings = TracingSettings(tracing="otlp")
    with pytest.raises(ConfigurationError, match=r"tradewind\[tracing\]"), traced(settings, "x"):
        pass
    assert not tracing.is_told()


WITHOUT = """
import sys
sys.modules["opentelemetry"] = None
import actors.__main__, gateway.__main__
from tradewind.contracts.roles import worker_roles
from tradewind.runtime.tracing import traced
from tradewind.settings import TracingSettings
for role in worker_roles():
    actors.__main__.load_settings([role])
with traced(TracingSettings(), "planner"):
    print("tradewind.runtime.otlp" in sys.modules)
"""


def test_while_it_is_off_nothing_of_opentelemetry_is_needed_or_imported() -> None:
    """Given a process in which it cannot be imported; the client of Redis imports it if it can."""
    environment = {
        "PATH": "/usr/bin:/bin",
        "TRADEWIND_NATS_URL": "nats://127.0.0.1:1",
        "TRADEWIND_POSTGRES_DSN": "postgresql://127.0.0.1:1/none",
        "TRADEWIND_REDIS_URL": "redis://127.0.0.1:1/0",
    }
    seen = subprocess.run(
        (sys.executable, "-c", WITHOUT),
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert seen.stdout.strip() == "False"
