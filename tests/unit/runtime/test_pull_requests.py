"""What a request leaves behind when it ends is counted, whichever request was guessed to be it."""

import json
from collections import deque
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

    def new_inbox(self) -> str:
        return "_INBOX.a"

    async def publish(self, subject: str, payload: bytes, reply: str = "") -> None:
        self.published.append((subject, payload, reply))


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
