"""One connection, message by message, without a server."""

import asyncio
from typing import Any

import pytest

from gateway.stream import session
from gateway.stream.limits import (
    MAX_BAD_MESSAGES,
    MAX_FILTERS_PER_CLIENT,
    MAX_OPEN_FILTERS_PER_CLIENT,
    MAX_QUEUED_FRAMES,
)
from tests.unit.gateway.stream_harness import StreamHarness
from tests.unit.gateway.support import make_event


async def test_a_subscription_begins_at_the_present() -> None:
    harness = StreamHarness()
    harness.store_events(5)
    async with harness.connection() as connection:
        connection.send(action="subscribe", topics=["intent.*", "exec.*"])
        assert await connection.receive() == {
            "type": "subscribed",
            "topics": ["intent.*", "exec.*"],
            "correlationId": None,
            "resumeFrom": None,
            "sequence": 5,
            "stream": "",
        }
        harness.store_events(2)
        assert await connection.receive_sequences(2) == [6, 7]


async def test_a_resumed_subscription_replays_and_joins_live() -> None:
    harness = StreamHarness()
    harness.store_events(5)
    async with harness.connection() as connection:
        connection.send(action="subscribe", topics=["*"], resumeFrom=2)
        assert (await connection.receive())["sequence"] == 5
        assert await connection.receive_sequences(3) == [3, 4, 5]
        assert await connection.receive() == {"type": "live", "sequence": 5, "stream": ""}
        harness.store_events(2)
        assert await connection.receive_sequences(2) == [6, 7]


async def test_no_heartbeat_claims_completeness_during_a_replay() -> None:
    """Given a live and a resuming subscription: heartbeats wait until the latter is live."""
    harness = StreamHarness()
    harness.store_events(5)
    async with harness.subscribed(["exec.*"]) as connection:
        connection.reading.clear()
        connection.send(action="subscribe", topics=["*"], resumeFrom=4)
        await asyncio.sleep(0.01)
        harness.hub.heartbeat()
        connection.reading.set()
        heard = [await connection.receive() for _ in range(3)]
        assert [frame.get("type") for frame in heard] == ["subscribed", None, "live"]
        harness.hub.heartbeat()
        assert (await connection.receive())["type"] == "heartbeat"


async def test_the_gap_of_expired_events_comes_before_the_rest() -> None:
    harness = StreamHarness()
    harness.store_events(5)
    harness.hub.begin(5, "first")
    harness.store.expired = 3
    async with harness.connection() as connection:
        connection.send(action="subscribe", topics=["*"], resumeFrom=1)
        assert (await connection.receive())["type"] == "subscribed"
        gap = {"type": "gap", "from": 2, "to": 3, "reason": "expired", "stream": "first"}
        assert await connection.receive() == gap
        assert await connection.receive_sequences(2) == [4, 5]


async def test_a_position_beyond_the_stream_is_an_error_not_a_silence() -> None:
    harness = StreamHarness()
    harness.store_events(5)
    async with harness.connection() as connection:
        connection.send(action="subscribe", topics=["*"], resumeFrom=6)
        error = await connection.receive()
    assert (error["type"], error["code"]) == ("error", "RESUME_AHEAD")


async def test_a_position_this_process_has_not_seen_yet_waits_for_it() -> None:
    """Given a client that comes from another gateway, one event ahead of this one's tail."""
    harness = StreamHarness()
    harness.store_events(6)
    harness.hub.begin(4, "first")
    async with harness.connection() as connection:
        connection.send(action="subscribe", topics=["*"], resumeFrom=5)
        assert (await connection.receive())["type"] == "subscribed"
        assert (await connection.receive())["type"] == "live"
        for message in harness.store.messages[4:]:
            harness.hub.publish(message)
        assert await connection.receive_sequences(1) == [6]
        assert connection.has_nothing_more


@pytest.mark.parametrize("form", ["intent-{}", "{}"])
async def test_one_correlation_in_either_form(form: str) -> None:
    harness = StreamHarness()
    intent_id = make_event(3).payload.intent_id
    async with harness.connection() as connection:
        correlation_id = form.format(intent_id)
        connection.send(
            action="subscribe", topics=["*"], correlationId=correlation_id, resumeFrom=0
        )
        assert (await connection.receive())["correlationId"] == f"intent-{intent_id}"
        assert (await connection.receive())["type"] == "live"
        harness.store_events(5)
        assert await connection.receive_sequences(1) == [3]
        assert connection.has_nothing_more


async def test_overlapping_subscriptions_deliver_an_event_once() -> None:
    """Given a live subscription from 5 on: one that resumes from 2 gets 3 to 5, then shares."""
    harness = StreamHarness()
    harness.store_events(5)
    async with harness.subscribed(["intent.*"]) as connection:
        harness.store_events(2)
        assert await connection.receive_sequences(2) == [6, 7]
        connection.send(action="subscribe", topics=["*"], resumeFrom=2)
        assert (await connection.receive())["type"] == "subscribed"
        assert await connection.receive_sequences(3) == [3, 4, 5]
        assert (await connection.receive())["type"] == "live"
        harness.store_events(1)
        assert await connection.receive_sequences(1) == [8]
        assert connection.has_nothing_more


async def test_unsubscribing_takes_back_what_it_names() -> None:
    harness = StreamHarness()
    async with harness.subscribed(["intent.*", "exec.*"]) as connection:
        connection.send(action="unsubscribe", topics=["intent.*"])
        assert (await connection.receive())["type"] == "unsubscribed"
        harness.store_events(1)
        connection.send(action="ping")
        assert await connection.receive() == {"type": "pong", "sequence": 1}


@pytest.mark.parametrize("topics", [None, ["*"]])
async def test_unsubscribing_a_correlation_leaves_the_others(topics: list[str] | None) -> None:
    harness = StreamHarness()
    intent_id = make_event(1).payload.intent_id
    async with harness.subscribed() as connection:
        connection.send(action="subscribe", topics=["*"], correlationId=intent_id)
        await connection.receive()
        connection.send(action="unsubscribe", topics=topics, correlationId=intent_id)
        await connection.receive()
        harness.store_events(1)
        assert await connection.receive_sequences(1) == [1]
        connection.send(action="unsubscribe")
        await connection.receive()
        harness.store_events(1)
        connection.send(action="ping")
        assert (await connection.receive())["type"] == "pong"


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
    harness = StreamHarness()
    async with harness.connection(allowed="intent.*") as connection:
        connection.send(**message)
        error = await connection.receive()
        assert (error["type"], error["code"]) == ("error", code)
        assert error["detail"]
        harness.store_events(1)
        connection.send(action="ping")
        assert (await connection.receive())["type"] == "pong"


async def test_filters_of_one_connection_are_limited() -> None:
    harness = StreamHarness()
    async with harness.connection() as connection:
        topics = [f"market.a{index}" for index in range(32)]
        for number in range(MAX_FILTERS_PER_CLIENT // 32):
            intent_id = make_event(number).payload.intent_id
            connection.send(action="subscribe", topics=topics, correlationId=intent_id)
            assert (await connection.receive())["type"] == "subscribed"
        connection.send(action="subscribe", topics=["*"])
        assert (await connection.receive())["code"] == "TOO_MANY_SUBSCRIPTIONS"
        connection.send(action="subscribe", topics=["market.a0"], correlationId=intent_id)
        assert (await connection.receive())["type"] == "subscribed"


async def test_filters_for_all_correlations_are_fewer() -> None:
    harness = StreamHarness()
    topics = [f"market.a{index}" for index in range(MAX_OPEN_FILTERS_PER_CLIENT)]
    async with harness.subscribed(topics) as connection:
        connection.send(action="subscribe", topics=["intent.*"])
        assert (await connection.receive())["code"] == "TOO_MANY_SUBSCRIPTIONS"
        connection.send(action="unsubscribe", topics=topics[:1])
        await connection.receive()
        connection.send(action="subscribe", topics=["intent.*"])
        assert (await connection.receive())["type"] == "subscribed"


async def test_garbage_is_answered_and_then_ends_the_connection() -> None:
    harness = StreamHarness()
    async with harness.connection() as connection:
        for _ in range(MAX_BAD_MESSAGES - 1):
            connection.send_text("{")
            assert (await connection.receive())["code"] == "MALFORMED_JSON"
        connection.send_bytes()
        assert (await connection.receive())["code"] == "INVALID_MESSAGE"
        assert await connection.receive_close() == (4000, "too many bad messages")


async def test_a_good_message_forgives_the_bad_ones_before() -> None:
    harness = StreamHarness()
    async with harness.connection() as connection:
        for _ in range(3):
            for _ in range(MAX_BAD_MESSAGES - 1):
                connection.send_text("{")
                await connection.receive()
            connection.send(action="ping")
            assert (await connection.receive())["type"] == "pong"


async def test_a_client_that_sends_too_many_messages_is_closed() -> None:
    harness = StreamHarness()
    async with harness.connection() as connection:
        for _ in range(200):
            connection.send(action="ping")
        assert await connection.receive_close() == (4029, "too many messages")


async def test_a_slow_client_is_told_where_to_resume_and_loses_nothing() -> None:
    """Given a client that stops reading after 3 events: it resumes there and gets the rest."""
    harness = StreamHarness()
    async with harness.subscribed() as connection:
        harness.store_events(3)
        assert await connection.receive_sequences(3) == [1, 2, 3]
        connection.reading.clear()
        harness.store_events(MAX_QUEUED_FRAMES + 2)
        assert await connection.receive_close() == (4008, "too slow; resumeFrom=3")
    total = len(harness.store.messages)
    async with harness.connection() as again:
        again.send(action="subscribe", topics=["*"], resumeFrom=3)
        assert (await again.receive())["type"] == "subscribed"
        assert await again.receive_sequences(total - 3) == list(range(4, total + 1))


async def test_a_client_that_never_read_resumes_from_its_subscription() -> None:
    harness = StreamHarness()
    harness.store_events(7)
    async with harness.subscribed() as connection:
        connection.reading.clear()
        harness.store_events(MAX_QUEUED_FRAMES + 2)
        assert await connection.receive_close() == (4008, "too slow; resumeFrom=7")


async def test_a_client_closed_during_its_replay_resumes_from_there() -> None:
    harness = StreamHarness()
    harness.store_events(5)
    async with harness.subscribed(["exec.*"]) as connection:
        connection.send(action="subscribe", topics=["*"], resumeFrom=1)
        await connection.receive()
        assert await connection.receive_sequences(1) == [2]
        connection.reading.clear()
        await asyncio.sleep(0)
        harness.hub.close()
        code, reason = await connection.receive_close()
    assert code == 1012
    assert int(reason.partition("resumeFrom=")[2]) <= 5


async def test_a_restart_says_where_to_resume() -> None:
    harness = StreamHarness()
    async with harness.subscribed() as connection:
        harness.store_events(2)
        await connection.receive_sequences(2)
        harness.hub.close()
        assert await connection.receive_close() == (1012, "the gateway restarts; resumeFrom=2")


async def test_a_replay_without_its_store_ends_with_try_again() -> None:
    harness = StreamHarness()
    harness.store_events(5)
    harness.hub.begin(5, "first")
    harness.store.away = True
    async with harness.connection() as connection:
        connection.send(action="subscribe", topics=["*"], resumeFrom=2)
        code, reason = await connection.receive_close()
    assert (code, reason) == (1013, "stored events cannot be read now; resumeFrom=2")


async def test_a_connection_that_breaks_while_sending_is_over() -> None:
    harness = StreamHarness()
    async with harness.subscribed() as connection:

        async def broken(_: Any) -> None:
            raise OSError("gone")

        connection.session._outlet._send = broken
        harness.store_events(1)
        await asyncio.sleep(0.01)
        assert harness.hub.client_count == 0


async def test_a_connection_that_subscribes_to_nothing_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(session, "FIRST_SUBSCRIPTION_SECONDS", 0.01)
    harness = StreamHarness()
    async with harness.subscribed() as following, harness.connection() as idle:
        idle.send(action="ping")
        assert await idle.receive_close() == (4002, "no subscription in time")
        harness.store_events(1)
        assert await following.receive_sequences(1) == [1]
