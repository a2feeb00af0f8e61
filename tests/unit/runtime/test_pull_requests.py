"""What a request leaves behind when it ends is counted, whichever request was guessed to be it."""

import json
from collections import deque
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.runtime.consumers import ConsumerSpec
from tradewind.runtime.pull_consumer import PARTITION_PACE, PullConsumer, end_request

REQUESTS = st.lists(st.integers(1, 256), max_size=8)


@given(REQUESTS, st.integers(0, 256))
def test_the_sum_falls_by_what_was_missing(open_requests: list[int], unfilled: int) -> None:
    left = deque(open_requests)
    end_request(left, unfilled)
    assert sum(left) == max(0, sum(open_requests) - unfilled)
    assert all(one > 0 for one in left)


def test_a_request_that_ends_as_it_was_counted_leaves_the_others_alone() -> None:
    left = deque([256, 3, 100])
    end_request(left, 100)
    assert list(left) == [256, 3]


def test_a_wrong_guess_sends_no_request_too_many() -> None:
    """The broker has 2, 1 and 256 open, and was thought to have 3 and 256."""
    left = deque([3, 256])
    end_request(left, 2)
    end_request(left, 1)
    assert list(left) == [256]


class Told:
    """Stands in for the client: notes what is published."""

    def __init__(self) -> None:
        self.published: list[tuple[str, bytes, str]] = []
        self.is_connected = True
        self.stats = {"reconnects": 0}

    def new_inbox(self) -> str:
        return "_INBOX.a"

    async def publish(self, subject: str, payload: bytes, reply: str = "") -> None:
        self.published.append((subject, payload, reply))

    async def publish_to_all(self, subjects: Sequence[str], payload: bytes) -> None:
        for subject in subjects:
            await self.publish(subject, payload)


async def _after_one_message(capacity: int, client: Told) -> tuple[PullConsumer, Any]:
    """Return a running consumer that has asked for messages and got one, and that message."""
    consumer = PullConsumer(
        SimpleNamespace(client=client),  # type: ignore[arg-type]
        ConsumerSpec("EVENTS", "risk-workers-k03", 30_000),
        capacity=capacity,
        on_message=lambda _: None,
        pace=PARTITION_PACE,
    )
    consumer._loop = SimpleNamespace(time=lambda: 0.0)  # type: ignore[assignment]
    consumer._running = True
    await consumer.rearm()
    message: Any = SimpleNamespace(
        subject="a", reply="$JS.ACK.EVENTS.risk-workers-k03.1.7.7.9.0", headers=None, data=b""
    )
    await consumer._receive(message)
    return consumer, message


async def test_one_message_acknowledges_and_asks_for_the_next() -> None:
    """Given a partition, which has one in flight, then the broker is told once per message."""
    client = Told()
    consumer, message = await _after_one_message(1, client)
    (asked,) = client.published
    client.published.clear()
    await consumer.ack(message)
    ((subject, answer, reply),) = client.published
    assert (subject, reply) == (message.reply, asked[2])
    assert answer == b"+NXT " + asked[1]
    assert json.loads(asked[1]) == {
        "batch": 1, "expires": 60_000_000_000, "idle_heartbeat": 5_000_000_000,
    }  # fmt: skip


@pytest.mark.parametrize("settle", ["ack", "nak", "term"])
async def test_what_asks_for_nothing_more_only_settles(settle: str) -> None:
    """Given requests that are open, or an end, then an answer is an answer and no more."""
    client = Told()
    shared, message = await _after_one_message(64, client)
    client.published.clear()
    await getattr(shared, settle)(message)
    stopped, message = await _after_one_message(1, client)
    stopped._running = False
    client.published.pop()
    await getattr(stopped, settle)(message)
    answers = {"ack": b"+ACK", "nak": b"-NAK", "term": b"+TERM"}
    assert client.published == [(message.reply, answers[settle], "")] * 2


@pytest.mark.parametrize("settle", ["nak", "term"])
async def test_only_an_acknowledgement_carries_a_request(settle: str) -> None:
    """Given a partition that is free again by another answer, then it asks behind that."""
    client = Told()
    consumer, message = await _after_one_message(1, client)
    (asked,) = client.published
    client.published.clear()
    await getattr(consumer, settle)(message)
    answer = {"nak": b"-NAK", "term": b"+TERM"}[settle]
    assert client.published == [(message.reply, answer, ""), asked]


@pytest.mark.parametrize("settle", ["ack", "nak", "term", "ack_all"])
@pytest.mark.parametrize("is_back", [False, True], ids=["away", "back and not asked yet"])
async def test_a_connection_is_asked_once(settle: str, is_back: bool) -> None:
    """Given an answer after the connection was lost, then only what follows a reconnect asks."""
    client = Told()
    consumer, message = await _after_one_message(1, client)
    client.published.clear()
    client.is_connected = is_back
    client.stats["reconnects"] += is_back
    await getattr(consumer, settle)([message] if settle == "ack_all" else message)
    answers = {"ack": b"+ACK", "ack_all": b"+ACK", "nak": b"-NAK", "term": b"+TERM"}
    assert client.published == [(message.reply, answers[settle], "")]
    client.published.clear()
    client.is_connected, client.stats = True, {"reconnects": 1}
    await consumer._arm()
    assert [(subject, reply) for subject, _, reply in client.published] == [
        ("$JS.API.CONSUMER.MSG.NEXT.EVENTS.risk-workers-k03", "_INBOX.a.2")
    ]


@pytest.mark.parametrize("order", ["hook", "hook, watchdog", "watchdog, hook", "hook within"])
async def test_after_a_long_outage_hook_and_watchdog_ask_once(
    order: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a connection that was away for longer than silence may last."""

    async def declare(*_: object) -> None:
        if order == "hook within":
            await consumer._arm()

    monkeypatch.setattr("tradewind.runtime.pull_consumer.declare_consumer", declare)
    client = Told()
    consumer, message = await _after_one_message(1, client)
    consumer.drop(message)
    client.published.clear()
    client.stats["reconnects"] += 1
    consumer._loop = SimpleNamespace(time=lambda: 600.0)  # type: ignore[assignment]
    for who in order.split(", "):
        await (consumer._arm() if who == "hook" else consumer._tick())
    assert [reply for _, _, reply in client.published] == ["_INBOX.a.2"]
