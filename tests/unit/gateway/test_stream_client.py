"""The queue of one client, its filters, and the hub that fills it."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ports import StoredMessage
from gateway.stream.client import StreamClient
from gateway.stream.closes import SERVICE_RESTART, TOO_SLOW
from gateway.stream.control import QueuedFrame
from gateway.stream.events import Frame, StreamEvent
from gateway.stream.framing import text_frame
from gateway.stream.hub import StreamHub
from gateway.stream.interest import Filter, Interest
from gateway.stream.topic_patterns import parse_pattern
from tests.unit.gateway.support import make_event, stored

EVERYTHING = Filter(parse_pattern("*"))
MARKET = "market.price"
INTENT = "intent.submitted"


def frame(sequence: int, topic: str = INTENT, correlation_id: str = "intent-A") -> Frame:
    text = f"{topic} {sequence}".encode()
    return Frame(sequence, topic, correlation_id, "demo", None, text_frame(text), len(text))


def deliver(client: StreamClient, one: Frame) -> bool:
    """Do what the hub does with an event that a filter of the client matches."""
    is_wanted = client.offer(one)
    client.flush(lambda frames: b"".join(frame.wire for frame in frames))
    return is_wanted


class Writer:
    """The writer of a connection that stalls and flows; keeps the texts it was given."""

    def __init__(self) -> None:
        self.written: list[str] = []
        self.flowing = asyncio.Event()
        self.flowing.set()

    @property
    def is_ready(self) -> bool:
        return self.flowing.is_set()

    def write(self, frames: bytes) -> bool:
        if self.is_ready:
            self.written += texts_of(frames)
        return self.is_ready

    async def ready(self) -> None:
        await self.flowing.wait()

    async def send_frames(self, frames: bytes) -> None:
        await self.ready()
        self.write(frames)


def texts_of(frames: bytes) -> list[str]:
    """Return the texts of short frames."""
    texts = []
    while frames:
        end = 2 + frames[1]
        texts.append(frames[2:end].decode())
        frames = frames[end:]
    return texts


def interested(capacity: int = 4) -> StreamClient:
    client = StreamClient(max_queued=capacity)
    client.interest.add([EVERYTHING], since=0)
    return client


def joined(hub: StreamHub, capacity: int = 4) -> StreamClient:
    """Return a client of a hub that wants everything from now on."""
    client = StreamClient(max_queued=capacity)
    hub.join(client)
    hub.subscribe(client, [EVERYTHING], hub.sequence)
    return client


def sequences(queued: Sequence[QueuedFrame]) -> list[int | None]:
    return [one.sequence for one in queued]


async def test_frames_come_out_in_order() -> None:
    client = interested()
    for sequence in (1, 2, 3):
        assert deliver(client, frame(sequence))
    assert [(await client.take())[0].sequence for _ in range(3)] == [1, 2, 3]
    assert not client.closing.done()


async def test_market_frames_make_room_oldest_first() -> None:
    client = interested()
    for sequence, topic in enumerate([INTENT, MARKET, MARKET, INTENT, INTENT, MARKET], start=1):
        deliver(client, frame(sequence, topic))
    assert sequences(client.take_all()) == [1, 4, 5, 6]
    assert not client.closing.done()


async def test_a_market_frame_without_room_is_dropped_itself() -> None:
    client = interested()
    for sequence in range(1, 5):
        deliver(client, frame(sequence))
    deliver(client, frame(5, MARKET))
    assert sequences(client.take_all()) == [1, 2, 3, 4]
    assert not client.closing.done()


async def test_anything_else_without_room_closes_the_client() -> None:
    client = interested()
    for sequence in range(1, 6):
        deliver(client, frame(sequence))
    assert client.closing.result() is TOO_SLOW
    assert sequences(client.take_all()) == [1, 2, 3, 4]


async def test_control_frames_count_as_well() -> None:
    client = interested(capacity=1)
    client.queue_control("one")
    client.queue_control("two")
    assert client.closing.result() is TOO_SLOW


async def test_the_first_reason_to_close_stands() -> None:
    client = interested()
    client.close(TOO_SLOW)
    client.close(SERVICE_RESTART)
    assert client.closing.result() is TOO_SLOW


@given(st.lists(st.booleans(), max_size=60), st.integers(1, 8))
async def test_nothing_but_market_frames_is_ever_missing(market: list[bool], capacity: int) -> None:
    """Whatever arrives at a client that reads nothing: it closes, or has all that matters."""
    client = interested(capacity)
    kept = []
    for sequence, is_market in enumerate(market, start=1):
        if client.closing.done():
            break
        deliver(client, frame(sequence, MARKET if is_market else INTENT))
        kept += [] if is_market else [sequence]
    taken = client.take_all()
    assert len(taken) <= capacity
    assert sequences(taken) == sorted(one.sequence or 0 for one in taken)
    matters = [one.sequence for one in taken if not one.droppable]
    assert matters == (kept[:-1] if client.closing.done() else kept)


@given(st.lists(st.sampled_from(["offer", "stall", "flow", "tick"]), max_size=40))
async def test_direct_writing_never_overtakes_the_queue(steps: list[str]) -> None:
    """Given a connection that stalls and flows at any moment: all frames arrive, in order."""
    writer = Writer()
    written, flowing = writer.written, writer.flowing

    async def send_queued(client: StreamClient) -> None:
        while True:
            queued = await client.take(3)
            await writer.send_frames(b"".join(one.wire for one in queued))

    client = StreamClient(writer, max_queued=1_000)
    client.interest.add([EVERYTHING], since=0)
    sender = asyncio.ensure_future(send_queued(client))
    offered = 0
    for step in [*steps, "flow", "tick", "tick"]:
        if step == "offer":
            offered += 1
            deliver(client, frame(offered))
        elif step == "stall":
            flowing.clear()
        elif step == "flow":
            flowing.set()
        else:
            await asyncio.sleep(0)
    sender.cancel()
    assert written == [frame(sequence).text for sequence in range(1, offered + 1)]


def test_a_filter_delivers_after_its_start_and_only_its_correlation() -> None:
    interest = Interest()
    interest.add([Filter(parse_pattern("intent.*"), "intent-A")], since=5)
    assert not interest.wants(frame(5))
    assert interest.wants(frame(6))
    assert not interest.wants(frame(6, correlation_id="intent-B"))
    assert not interest.wants(frame(6, topic="exec.completed"))


def test_adding_a_filter_again_keeps_the_earlier_start() -> None:
    interest = Interest()
    interest.add([EVERYTHING], since=5)
    interest.add([EVERYTHING], since=9)
    assert interest.wants(frame(6))
    assert (len(interest), interest.earliest()) == (1, 5)


def test_filters_are_removed_one_by_one_by_correlation_or_all() -> None:
    interest = Interest()
    one, two = (
        Filter(parse_pattern("intent.*"), "intent-A"),
        Filter(parse_pattern("exec.*"), "intent-A"),
    )
    interest.add([EVERYTHING, one, two], since=0)
    interest.remove([one, one])
    assert (len(interest), one in interest, two in interest) == (2, False, True)
    assert interest.of_correlation("intent-A") == [two]
    interest.remove(interest.all())
    assert (len(interest), interest.wants(frame(1)), interest.earliest()) == (0, False, None)


def test_a_frame_is_the_envelope_and_its_stream_sequence() -> None:
    event = make_event()
    made = StreamEvent(stored(event, 42)).frame
    assert made is not None
    assert json.loads(made.text) == json.loads(event.to_bytes()) | {"streamSequence": 42}
    assert list(json.loads(made.text))[:3] == ["eventId", "timestamp", "topic"]


def test_a_frame_does_not_depend_on_the_partitions_of_the_stored_subject() -> None:
    message = stored(make_event(), 42)
    partitioned = replace(message, subject=f"{message.subject}.0.15")
    made = StreamEvent(partitioned).frame
    assert made is not None
    assert made == StreamEvent(message).frame


@pytest.mark.parametrize(
    "change",
    [
        {"data": b"garbage"},
        {"data": b""},
        {"subject": "intent.submitted._._"},
        {"subject": "intent.submitted._._.0.15"},
    ],
)
def test_what_is_no_event_of_ours_has_no_frame(change: dict[str, object]) -> None:
    assert StreamEvent(replace(stored(make_event(), 1), **change)).frame is None  # type: ignore[arg-type]


async def test_the_hub_skips_garbage_and_copies_and_goes_on() -> None:
    hub = StreamHub()
    client = joined(hub, 10)
    hub.publish(stored(make_event(), 1))
    hub.publish(stored(make_event(), 1))
    hub.publish(StoredMessage(2, "intent.submitted.a.b", b"garbage", 0.0))
    hub.publish(stored(make_event(3), 3))
    assert sequences(client.take_all()) == [1, 3]
    assert hub.sequence == 3


async def test_every_client_gets_the_same_frame_object() -> None:
    hub = StreamHub()
    clients = [joined(hub), joined(hub)]
    hub.publish(stored(make_event(), 1))
    one, other = (client.take_all()[0] for client in clients)
    assert one is other


async def test_a_client_that_left_gets_nothing() -> None:
    hub = StreamHub()
    client = joined(hub)
    hub.leave(client)
    hub.publish(stored(make_event(), 1))
    assert client.take_all() == []
    assert hub.client_count == 0


async def test_a_gap_of_the_tail_reaches_clients_that_have_subscribed() -> None:
    hub, silent = StreamHub(), StreamClient()
    client = joined(hub)
    hub.join(silent)
    hub.begin(10, "first")
    hub.skip(11, 20, "expired")
    [told] = client.take_all()
    assert json.loads(told.text) == {
        "type": "gap",
        "from": 11,
        "to": 20,
        "reason": "expired",
        "stream": "first",
    }
    assert told.sequence == hub.sequence == 20
    assert silent.take_all() == []


async def test_a_stream_that_began_again_delivers_its_first_events() -> None:
    """Given a client at 10: when the stream starts over, it is told and gets 1 and 2."""
    hub = StreamHub()
    hub.begin(10, "first")
    client = joined(hub, 10)
    hub.restart(0, "second")
    hub.publish(stored(make_event(1), 1))
    hub.publish(stored(make_event(2), 2))
    gap, *events = client.take_all()
    assert json.loads(gap.text)["reason"] == "stream_reset"
    assert gap.sequence == 0
    assert sequences(events) == [1, 2]


async def test_memory_is_bounded_by_count_and_bytes() -> None:
    hub = StreamHub(max_recent=3)
    for sequence in range(1, 6):
        hub.publish(stored(make_event(sequence), sequence))
    assert [event.sequence for event in hub.recent(2, 10)] == [3, 4, 5]
    assert hub.covers(2)
    assert not hub.covers(1)
    small = StreamHub(max_recent_bytes=1)
    small.publish(stored(make_event(), 1))
    assert not small.covers(0)
    assert small.covers(1)


async def test_a_heartbeat_says_how_far_the_stream_is() -> None:
    hub = StreamHub()
    client = joined(hub)
    hub.begin(7, "first")
    hub.heartbeat()
    [beat] = client.take_all()
    assert json.loads(beat.text) == {"type": "heartbeat", "sequence": 7}
    assert beat.sequence == 7
