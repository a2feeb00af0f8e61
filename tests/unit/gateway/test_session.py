"""One connection, message by message, without a server."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from gateway.stream.client import QUEUE_FRAMES
from gateway.stream.commands import MAX_FILTERS_PER_CLIENT
from gateway.stream.hub import StreamHub
from gateway.stream.session import MAX_BAD_MESSAGES, StreamSession
from gateway.stream.topic_patterns import parse_allowed
from tests.unit.gateway.support import MemoryStore, make_event, stored


class Connection:
    """The client's end of a session; `reading` off means its buffers are full."""

    def __init__(self, hub: StreamHub, store: MemoryStore, allowed: str = "*") -> None:
        self.hub = hub
        self.reading = asyncio.Event()
        self.reading.set()
        self._inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.session = StreamSession(
            hub, store, parse_allowed(allowed), self._inbox.get, self._take
        )

    async def _take(self, message: Any) -> None:
        if message["type"] == "websocket.send":
            await self.reading.wait()
        self._sent.put_nowait(message)

    def say(self, **message: Any) -> None:
        self.say_text(json.dumps(message))

    def say_text(self, text: str) -> None:
        self._inbox.put_nowait({"type": "websocket.receive", "text": text})

    def say_bytes(self) -> None:
        self._inbox.put_nowait({"type": "websocket.receive", "bytes": b"\x00", "text": None})

    def leave(self) -> None:
        self._inbox.put_nowait({"type": "websocket.disconnect", "code": 1000})

    async def hear(self) -> dict[str, Any]:
        """Return the next frame, as the document it is."""
        message = await asyncio.wait_for(self._sent.get(), 5)
        assert message["type"] == "websocket.send", message
        document: dict[str, Any] = json.loads(message["text"])
        return document

    async def hear_close(self) -> tuple[int, str]:
        """Return code and reason of the close, whatever came before it."""
        while True:
            message = await asyncio.wait_for(self._sent.get(), 5)
            if message["type"] == "websocket.close":
                return message["code"], message["reason"]

    async def hear_sequences(self, count: int) -> list[int]:
        return [(await self.hear())["streamSequence"] for _ in range(count)]

    @property
    def silent(self) -> bool:
        return self._sent.empty()


class World:
    """A stream, its hub, and connections."""

    def __init__(self) -> None:
        self.hub = StreamHub()
        self.store = MemoryStore()

    def store_events(self, count: int) -> None:
        for _ in range(count):
            sequence = len(self.store.messages) + 1
            message = stored(make_event(sequence), sequence)
            self.store.messages.append(message)
            self.hub.publish(message)

    @asynccontextmanager
    async def connection(self, allowed: str = "*") -> AsyncIterator[Connection]:
        connection = Connection(self.hub, self.store, allowed)
        task = asyncio.ensure_future(connection.session.run())
        try:
            yield connection
        finally:
            connection.leave()
            await asyncio.wait_for(task, 5)
        assert self.hub.client_count == 0

    @asynccontextmanager
    async def subscribed(self, topics: Sequence[str] = ("*",)) -> AsyncIterator[Connection]:
        async with self.connection() as connection:
            connection.say(action="subscribe", topics=list(topics))
            await connection.hear()
            yield connection


async def test_a_subscription_begins_at_the_present() -> None:
    world = World()
    world.store_events(5)
    async with world.connection() as connection:
        connection.say(action="subscribe", topics=["intent.*", "exec.*"])
        assert await connection.hear() == {
            "type": "subscribed",
            "topics": ["intent.*", "exec.*"],
            "correlationId": None,
            "resumeFrom": None,
            "sequence": 5,
        }
        world.store_events(2)
        assert await connection.hear_sequences(2) == [6, 7]


async def test_a_resumed_subscription_replays_and_joins_live() -> None:
    world = World()
    world.store_events(5)
    async with world.connection() as connection:
        connection.say(action="subscribe", topics=["*"], resumeFrom=2)
        assert (await connection.hear())["sequence"] == 5
        assert await connection.hear_sequences(3) == [3, 4, 5]
        assert await connection.hear() == {"type": "live", "sequence": 5}
        world.store_events(2)
        assert await connection.hear_sequences(2) == [6, 7]


async def test_no_heartbeat_claims_completeness_during_a_replay() -> None:
    """Given a live and a resuming subscription: heartbeats wait until the latter is live."""
    world = World()
    world.store_events(5)
    async with world.subscribed(["exec.*"]) as connection:
        connection.reading.clear()
        connection.say(action="subscribe", topics=["*"], resumeFrom=4)
        await asyncio.sleep(0.01)
        world.hub.beat()
        connection.reading.set()
        heard = [await connection.hear() for _ in range(3)]
        assert [frame.get("type") for frame in heard] == ["subscribed", None, "live"]
        world.hub.beat()
        assert (await connection.hear())["type"] == "heartbeat"


async def test_expired_events_are_said_before_the_rest() -> None:
    world = World()
    world.store_events(5)
    world.hub.begin(5)
    world.store.expired = 3
    async with world.connection() as connection:
        connection.say(action="subscribe", topics=["*"], resumeFrom=1)
        assert (await connection.hear())["type"] == "subscribed"
        gap = {"type": "gap", "from": 2, "to": 3, "reason": "expired"}
        assert await connection.hear() == gap
        assert await connection.hear_sequences(2) == [4, 5]


async def test_a_position_beyond_the_stream_is_an_error_not_a_silence() -> None:
    world = World()
    world.store_events(5)
    async with world.connection() as connection:
        connection.say(action="subscribe", topics=["*"], resumeFrom=6)
        error = await connection.hear()
    assert (error["type"], error["code"]) == ("error", "RESUME_AHEAD")


async def test_a_position_this_process_has_not_seen_yet_waits_for_it() -> None:
    """Given a client that comes from another gateway, one event ahead of this one's tail."""
    world = World()
    world.store_events(6)
    world.hub.begin(4)
    async with world.connection() as connection:
        connection.say(action="subscribe", topics=["*"], resumeFrom=5)
        assert (await connection.hear())["type"] == "subscribed"
        assert (await connection.hear())["type"] == "live"
        for message in world.store.messages[4:]:
            world.hub.publish(message)
        assert await connection.hear_sequences(1) == [6]
        assert connection.silent


@pytest.mark.parametrize("form", ["intent-{}", "{}"])
async def test_one_correlation_in_either_form(form: str) -> None:
    world = World()
    intent_id = make_event(3).payload.intent_id
    async with world.connection() as connection:
        correlation_id = form.format(intent_id)
        connection.say(action="subscribe", topics=["*"], correlationId=correlation_id, resumeFrom=0)
        assert (await connection.hear())["correlationId"] == f"intent-{intent_id}"
        assert (await connection.hear())["type"] == "live"
        world.store_events(5)
        assert await connection.hear_sequences(1) == [3]
        assert connection.silent


async def test_overlapping_subscriptions_deliver_an_event_once() -> None:
    """Given a live subscription from 5 on: one that resumes from 2 gets 3 to 5, then shares."""
    world = World()
    world.store_events(5)
    async with world.subscribed(["intent.*"]) as connection:
        world.store_events(2)
        assert await connection.hear_sequences(2) == [6, 7]
        connection.say(action="subscribe", topics=["*"], resumeFrom=2)
        assert (await connection.hear())["type"] == "subscribed"
        assert await connection.hear_sequences(3) == [3, 4, 5]
        assert (await connection.hear())["type"] == "live"
        world.store_events(1)
        assert await connection.hear_sequences(1) == [8]
        assert connection.silent


async def test_unsubscribing_takes_back_what_it_names() -> None:
    world = World()
    async with world.subscribed(["intent.*", "exec.*"]) as connection:
        connection.say(action="unsubscribe", topics=["intent.*"])
        assert (await connection.hear())["type"] == "unsubscribed"
        world.store_events(1)
        connection.say(action="ping")
        assert await connection.hear() == {"type": "pong", "sequence": 1}


@pytest.mark.parametrize("topics", [None, ["*"]])
async def test_unsubscribing_a_correlation_leaves_the_others(topics: list[str] | None) -> None:
    world = World()
    intent_id = make_event(1).payload.intent_id
    async with world.subscribed() as connection:
        connection.say(action="subscribe", topics=["*"], correlationId=intent_id)
        await connection.hear()
        connection.say(action="unsubscribe", topics=topics, correlationId=intent_id)
        await connection.hear()
        world.store_events(1)
        assert await connection.hear_sequences(1) == [1]
        connection.say(action="unsubscribe")
        await connection.hear()
        world.store_events(1)
        connection.say(action="ping")
        assert (await connection.hear())["type"] == "pong"


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"action": "subscribe", "topics": ["nothing.*"]}, "INVALID_TOPIC"),
        ({"action": "subscribe", "topics": ["exec.*"]}, "TOPIC_NOT_ALLOWED"),
        ({"action": "subscribe", "topics": ["*"]}, "TOPIC_NOT_ALLOWED"),
        ({"action": "unsubscribe", "topics": ["?"]}, "INVALID_TOPIC"),
        (
            {"action": "subscribe", "topics": ["intent.*"], "correlationId": "x"},
            "INVALID_CORRELATION_ID",
        ),
        ({"action": "subscribe", "topics": ["intent.*"], "resumeFrom": -1}, "INVALID_MESSAGE"),
    ],
)
async def test_a_refused_message_subscribes_nothing(message: dict[str, Any], code: str) -> None:
    world = World()
    async with world.connection(allowed="intent.*") as connection:
        connection.say(**message)
        error = await connection.hear()
        assert (error["type"], error["code"]) == ("error", code)
        assert error["detail"]
        world.store_events(1)
        connection.say(action="ping")
        assert (await connection.hear())["type"] == "pong"


async def test_filters_of_one_connection_are_limited() -> None:
    world = World()
    async with world.connection() as connection:
        for number in range(MAX_FILTERS_PER_CLIENT // 32):
            topics = [f"market.a{number}_{index}" for index in range(32)]
            connection.say(action="subscribe", topics=topics)
            assert (await connection.hear())["type"] == "subscribed"
        connection.say(action="subscribe", topics=["*"])
        assert (await connection.hear())["code"] == "TOO_MANY_SUBSCRIPTIONS"
        connection.say(action="subscribe", topics=["market.a0_0"])
        assert (await connection.hear())["type"] == "subscribed"


async def test_garbage_is_answered_and_then_ends_the_connection() -> None:
    world = World()
    async with world.connection() as connection:
        for _ in range(MAX_BAD_MESSAGES - 1):
            connection.say_text("{")
            assert (await connection.hear())["code"] == "MALFORMED_JSON"
        connection.say_bytes()
        assert (await connection.hear())["code"] == "INVALID_MESSAGE"
        assert await connection.hear_close() == (4000, "too many bad messages")


async def test_a_good_message_forgives_the_bad_ones_before() -> None:
    world = World()
    async with world.connection() as connection:
        for _ in range(3):
            for _ in range(MAX_BAD_MESSAGES - 1):
                connection.say_text("{")
                await connection.hear()
            connection.say(action="ping")
            assert (await connection.hear())["type"] == "pong"


async def test_a_client_that_talks_too_much_is_closed() -> None:
    world = World()
    async with world.connection() as connection:
        for _ in range(200):
            connection.say(action="ping")
        assert await connection.hear_close() == (4029, "too many messages")


async def test_a_slow_client_is_told_where_to_resume_and_loses_nothing() -> None:
    """Given a client that stops reading after 3 events: it resumes there and gets the rest."""
    world = World()
    async with world.subscribed() as connection:
        world.store_events(3)
        assert await connection.hear_sequences(3) == [1, 2, 3]
        connection.reading.clear()
        world.store_events(QUEUE_FRAMES + 2)
        assert await connection.hear_close() == (4008, "too slow; resumeFrom=3")
    total = len(world.store.messages)
    async with world.connection() as again:
        again.say(action="subscribe", topics=["*"], resumeFrom=3)
        assert (await again.hear())["type"] == "subscribed"
        assert await again.hear_sequences(total - 3) == list(range(4, total + 1))


async def test_a_client_that_never_read_resumes_from_its_subscription() -> None:
    world = World()
    world.store_events(7)
    async with world.subscribed() as connection:
        connection.reading.clear()
        world.store_events(QUEUE_FRAMES + 2)
        assert await connection.hear_close() == (4008, "too slow; resumeFrom=7")


async def test_a_client_closed_during_its_replay_resumes_from_there() -> None:
    world = World()
    world.store_events(5)
    async with world.subscribed(["exec.*"]) as connection:
        connection.say(action="subscribe", topics=["*"], resumeFrom=1)
        await connection.hear()
        assert await connection.hear_sequences(1) == [2]
        connection.reading.clear()
        await asyncio.sleep(0)
        world.hub.close()
        code, reason = await connection.hear_close()
    assert code == 1012
    assert int(reason.partition("resumeFrom=")[2]) <= 5


async def test_a_restart_says_where_to_resume() -> None:
    world = World()
    async with world.subscribed() as connection:
        world.store_events(2)
        await connection.hear_sequences(2)
        world.hub.close()
        assert await connection.hear_close() == (1012, "the gateway restarts; resumeFrom=2")


async def test_a_replay_without_its_store_is_to_be_tried_again() -> None:
    world = World()
    world.store_events(5)
    world.hub.begin(5)
    world.store.away = True
    async with world.connection() as connection:
        connection.say(action="subscribe", topics=["*"], resumeFrom=2)
        code, reason = await connection.hear_close()
    assert (code, reason) == (1013, "stored events cannot be read now; resumeFrom=2")


async def test_a_connection_that_breaks_while_sending_is_over() -> None:
    world = World()
    async with world.subscribed() as connection:

        async def broken(_: Any) -> None:
            raise OSError("gone")

        connection.session._send = broken
        world.store_events(1)
        await asyncio.sleep(0.01)
        assert world.hub.client_count == 0
