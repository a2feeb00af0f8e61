"""What can be declared as an actor, and what is refused at declaration."""

import asyncio

import dramatiq
import pytest
from dramatiq.middleware import Callbacks, Pipelines, Retries, ShutdownNotifications, TimeLimit

from tests.support.runtime_events import FOLLOWING_TOPIC, TOPIC, make_event
from tradewind.contracts.envelope import AnyEvent, InvalidEvent
from tradewind.contracts.roles import ORCHESTRATOR_WORKERS
from tradewind.contracts.system.reasons import QuarantineReason
from tradewind.runtime import JetStreamBroker
from tradewind.runtime.actor import TakesEvents


async def echo(event: AnyEvent, ports: object) -> list[AnyEvent]:
    return [event]


async def test_awaiting_an_actor_calls_its_coroutine() -> None:
    actor = JetStreamBroker().actor(queue_name="q", topics=[TOPIC])(echo)
    event = make_event()
    assert await actor(event, None) == [event]
    assert isinstance(actor, dramatiq.Actor)


def test_a_plain_function_is_refused() -> None:
    def blocking(event: AnyEvent, ports: object) -> list[AnyEvent]:
        return []

    with pytest.raises(TypeError, match="async def"):
        JetStreamBroker().actor(queue_name="q", topics=[TOPIC])(blocking)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"topics": []}, "topics"),
        ({"topics": ["intent.imagined"]}, "intent.imagined"),
        ({"topics": [TOPIC], "time_limit": 500, "ack_wait": 500}, "ack_wait must exceed"),
        ({"topics": [TOPIC], "colour": "red"}, "colour"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        JetStreamBroker().actor(queue_name="q", **options)(echo)


def test_a_topic_goes_to_one_actor_of_a_queue() -> None:
    broker = JetStreamBroker()
    broker.actor(queue_name="q", topics=[TOPIC])(echo)
    broker.actor(queue_name="other", topics=[TOPIC], actor_name="elsewhere")(echo)
    with pytest.raises(ValueError, match="already goes to"):
        broker.actor(queue_name="q", topics=[TOPIC], actor_name="second")(echo)


def test_actors_of_a_queue_share_one_consumer() -> None:
    broker = JetStreamBroker()
    queue = ORCHESTRATOR_WORKERS.name
    broker.actor(queue_name=queue, topics=[TOPIC], time_limit=1_000)(echo)
    broker.actor(queue_name=queue, topics=[FOLLOWING_TOPIC], time_limit=9_000, actor_name="b")(echo)
    (spec,) = broker.consumers(queue)
    assert spec.durable == "orchestrator-workers"
    assert spec.filters == ("exec.started.>", "intent.expired.>")
    assert spec.ack_wait_ms > 9_000


@pytest.mark.parametrize("kind", [TimeLimit, ShutdownNotifications, Callbacks, Pipelines])
def test_thread_bound_middleware_is_refused(kind: type[dramatiq.Middleware]) -> None:
    with pytest.raises(TypeError, match=kind.__name__):
        JetStreamBroker([kind()])
    with pytest.raises(TypeError, match=kind.__name__):
        JetStreamBroker().add_middleware(kind())


def test_sending_and_pipelines_say_that_they_have_no_meaning() -> None:
    broker = JetStreamBroker()
    actor = broker.actor(queue_name="q", topics=[TOPIC])(echo)
    for call in (actor.send, actor.message, actor.send_with_options):
        with pytest.raises(TakesEvents, match=r"echo takes intent\.expired: publish an event"):
            call(make_event(), None)
    with pytest.raises(TakesEvents):
        broker.enqueue(dramatiq.Message("q", "echo", (), {}, {}))
    with pytest.raises(TypeError, match="event loop"):
        broker.consume("q")


def test_the_stock_command_finds_no_queue_for_threads() -> None:
    broker = JetStreamBroker([Retries()])
    broker.actor(queue_name="q", topics=[TOPIC])(echo)
    assert broker.get_declared_queues() == set()
    assert broker.get_declared_actors() == {"echo"}


def test_a_guard_that_raises_stops_what_was_about_to_happen() -> None:
    class Guard(dramatiq.Middleware):
        def before_declare_queue(self, broker: object, queue_name: str) -> None:
            raise PermissionError(queue_name)

    with pytest.raises(PermissionError, match="q"):
        JetStreamBroker([Guard()]).actor(queue_name="q", topics=[TOPIC])(echo)


def test_events_are_read_with_the_model_of_their_topic() -> None:
    actor = JetStreamBroker().actor(queue_name="q", topics=[TOPIC])(echo)
    event = make_event()
    assert actor.decode(event.subject, event.to_bytes()) == event
    assert actor.decode(f"{event.subject}.3.15", event.to_bytes()) == event


@pytest.mark.parametrize(
    ("subject", "old", "new", "reason"),
    [
        (None, b"{", b"", QuarantineReason.MALFORMED),
        (None, b'"version":1', b'"version":2', QuarantineReason.UNKNOWN_VERSION),
        (None, b'"sequence":1', b'"sequence":0', QuarantineReason.INVALID),
        (None, TOPIC.encode(), b"intent.imagined", QuarantineReason.UNKNOWN_TOPIC),
        (f"{TOPIC}.other.demo", b"", b"", QuarantineReason.SUBJECT_MISMATCH),
        (f"{FOLLOWING_TOPIC}.a.b", b"", b"", QuarantineReason.SUBJECT_MISMATCH),
        (f"{TOPIC}.other.demo.3.15", b"", b"", QuarantineReason.SUBJECT_MISMATCH),
    ],
)
def test_bytes_that_are_not_the_event_say_why(
    subject: str | None, old: bytes, new: bytes, reason: QuarantineReason
) -> None:
    actor = JetStreamBroker().actor(queue_name="q", topics=[TOPIC])(echo)
    event = make_event()
    with pytest.raises(InvalidEvent) as caught:
        actor.decode(subject or event.subject, event.to_bytes().replace(old, new, 1))
    assert caught.value.reason == reason


def test_actors_run_on_the_loop_that_awaits_them() -> None:
    async def where(event: AnyEvent, ports: object) -> list[AnyEvent]:
        loops.append(asyncio.get_running_loop())
        return []

    loops: list[asyncio.AbstractEventLoop] = []
    actor = JetStreamBroker().actor(queue_name="q", topics=[TOPIC])(where)

    async def main() -> asyncio.AbstractEventLoop:
        await actor(make_event(), None)
        return asyncio.get_running_loop()

    assert [asyncio.run(main())] == loops
