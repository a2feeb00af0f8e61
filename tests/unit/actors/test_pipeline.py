"""What comes while the write path stores or rests is taken together, and acknowledged together."""

import asyncio
from collections.abc import Mapping, Sequence
from unittest.mock import Mock

import pytest
from nats.aio.msg import Msg

from actors.coordinator import pipeline as pipeline_module
from actors.coordinator.pipeline import (
    MANY_MESSAGES,
    MAX_STORE_REST_SECONDS,
    SEVERAL_MESSAGES,
    Pipeline,
    store_rest_seconds,
)
from tests.support.histories import History
from tests.support.waiting import wait_until
from tradewind.ledger.append.hints import Fingerprint
from tradewind.ledger.append.incarnation import StreamPosition
from tradewind.ledger.append.incoming import Incoming, Rejected
from tradewind.ledger.append.writer import AppendResult
from tradewind.ledger.records import PlacedEvent, WriterPosition

pytestmark = pytest.mark.usefixtures("long_rest")

HISTORY = History(1)
EVENT = HISTORY.events(HISTORY.approved())[0]
TERM = WriterPosition("a", 1, 0, 0)


@pytest.fixture
def long_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a rest last until the pipeline is stopped, however slow the machine is."""
    monkeypatch.setattr(pipeline_module, "REST_SECONDS", 600.0)
    monkeypatch.setattr(pipeline_module, "store_rest_seconds", lambda _: 600.0)


def message(place: int) -> Msg:
    return Msg(Mock(), subject="a.b", reply=f"$JS.ACK.EVENTS.coordinator.1.{place}.{place}.1.0")


def messages(count: int) -> list[Msg]:
    return [message(place) for place in range(1, count + 1)]


class Source:
    """Gives out batches, and notes which messages are acknowledged together."""

    def __init__(self) -> None:
        self.batches = asyncio.Queue[list[Msg]]()
        self.settled: list[list[Msg]] = []

    async def next_batch(self) -> list[Msg]:
        return await self.batches.get()

    async def settle(self, messages: list[Msg]) -> None:
        self.settled.append(messages)

    async def release(self, messages: list[Msg]) -> None:
        raise AssertionError(f"released {messages}")


class Ledger:
    """Records every batch under the incarnation that it is in."""

    def __init__(self) -> None:
        self.incarnation = "a"
        self.commits = 0
        self.ahead: list[int] = []
        self.asked = 0
        self.answers = asyncio.Event()
        self.answers.set()

    def reached_by(
        self, _: Sequence[Incoming], ahead: Sequence[Mapping[str, int]]
    ) -> Mapping[str, int] | None:
        self.ahead.append(len(ahead))
        return {"a": self.commits}

    async def append(
        self, _: Sequence[Incoming], __: Sequence[Rejected], ___: StreamPosition
    ) -> AppendResult:
        self.asked += 1
        await self.answers.wait()
        self.commits += 1
        position = WriterPosition(self.incarnation, 1, self.commits, self.commits)
        placed = (PlacedEvent(EVENT, self.commits),)
        digest = bytes([self.commits])
        return AppendResult(position, self.commits - 1, placed, (digest,), 0, (), 0)


class Hints:
    """Notes what is marked, a list for each call."""

    def __init__(self) -> None:
        self.marked: list[tuple[str, list[bytes]]] = []

    async def mark_done(self, incarnation: str, events: Sequence[Fingerprint]) -> None:
        self.marked.append((incarnation, [one.body_sha256 for one in events]))


class Running:
    """A pipeline between these."""

    def __init__(self) -> None:
        self.source, self.ledger, self.hints = Source(), Ledger(), Hints()
        self.shown: list[int] = []
        self.told: list[int] = []
        self.stopped = asyncio.Event()
        stream = Mock(
            reached=lambda last: StreamPosition("s", last),
            sequence_of=lambda delivery: delivery.stream_sequence,
        )
        projection = Mock(hand_over=lambda result: self.shown.append(result.position.commits))
        parts = (TERM, self.ledger, self.hints, projection, self._tell)
        pipeline = Pipeline(self.source, stream, *parts)  # type: ignore[arg-type]
        self.task = asyncio.create_task(pipeline.run(self.stopped))

    async def _tell(self, result: AppendResult) -> None:
        assert len(self.shown) == len(self.told), "told before it is shown"
        self.told.append(result.position.commits)

    async def records(self, *places: int) -> None:
        """Let a batch of one message each come, one after the other is committed."""
        for place in places:
            before = self.ledger.commits
            await self.source.batches.put([message(place)])
            await wait_until(lambda before=before: self.ledger.commits > before, "recorded")

    @property
    def acknowledged(self) -> list[list[str]]:
        return [[one.reply.split(".")[5] for one in messages] for messages in self.source.settled]

    async def end(self) -> None:
        self.stopped.set()
        await asyncio.wait_for(self.task, 10)


async def settled() -> None:
    """Let every task go on for as far as it can without waiting for anybody."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_the_first_is_acknowledged_at_once_and_those_that_follow_together() -> None:
    running = Running()
    await running.records(1)
    await wait_until(lambda: running.acknowledged == [["1"]], "the first is acknowledged")
    await running.records(2, 3, 4)
    assert running.shown == [1, 2, 3, 4], "shown when it is recorded"
    assert running.told == [1, 2, 3, 4]
    await running.end()
    assert running.acknowledged == [["1"], ["2", "3", "4"]]
    assert running.hints.marked == [("a", [b"\x01"]), ("a", [b"\x02", b"\x03", b"\x04"])]


async def test_hints_are_marked_in_the_incarnation_of_their_commit() -> None:
    running = Running()
    await running.records(1)
    await wait_until(lambda: bool(running.acknowledged), "the first is acknowledged")
    await running.records(2)
    running.ledger.incarnation = "b"
    await running.records(3)
    await running.end()
    assert running.hints.marked == [("a", [b"\x01"]), ("a", [b"\x02"]), ("b", [b"\x03"])]
    assert running.acknowledged == [["1"], ["2", "3"]]


async def test_a_backlog_is_stored_and_acknowledged_without_a_rest() -> None:
    running = Running()
    for place in (1, 2, 3):
        await running.source.batches.put(messages(MANY_MESSAGES))
        await wait_until(lambda place=place: len(running.source.settled) == place, "acknowledged")
    await running.end()


async def test_what_comes_while_a_batch_is_stored_waits_to_be_taken_together() -> None:
    running = Running()
    running.ledger.answers.clear()
    for place in (1, 2):
        await running.source.batches.put([message(place)])
    await wait_until(lambda: running.ledger.asked == 1, "the first is stored")
    await settled()
    assert running.source.batches.qsize() == 1
    running.ledger.answers.set()
    await wait_until(lambda: running.ledger.commits == 2, "recorded")
    assert running.ledger.ahead == [0, 0]
    await running.end()


async def test_a_backlog_is_read_while_it_is_stored_and_continues_what_is_not_stored_yet() -> None:
    running = Running()
    running.ledger.answers.clear()
    for place in (1, 2):
        await running.source.batches.put(messages(MANY_MESSAGES))
        await wait_until(lambda place=place: len(running.ledger.ahead) == place, "read")
    running.ledger.answers.set()
    await wait_until(lambda: running.ledger.commits == 2, "recorded")
    await running.records(3)
    assert running.ledger.ahead == [0, 1, 0]
    await running.end()


async def test_the_store_rests_behind_several_and_a_stop_does_not_wait_for_it() -> None:
    running = Running()
    await running.source.batches.put(messages(SEVERAL_MESSAGES))
    await wait_until(lambda: bool(running.source.settled), "several are acknowledged")
    assert running.shown == running.told == [1], "nobody waits for the rest"
    await running.source.batches.put([message(SEVERAL_MESSAGES + 1)])
    await settled()
    assert running.source.batches.qsize() == 1
    await running.end()
    assert running.ledger.commits == 1


def test_a_rest_is_in_proportion_to_what_it_follows_and_short() -> None:
    assert store_rest_seconds(0.002) == 0.001
    assert store_rest_seconds(1.0) == MAX_STORE_REST_SECONDS


async def test_no_batch_waits_for_an_acknowledgement() -> None:
    """Given many small batches in one rest, then each is stored as it comes."""
    running = Running()
    await running.records(1)
    await wait_until(lambda: bool(running.acknowledged), "the first is acknowledged")
    await running.records(*range(2, 102))
    await running.end()
