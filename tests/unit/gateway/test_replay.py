"""A client that comes back gets everything once: from the store, from memory, then live."""

import asyncio
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ports import StoredMessage
from gateway.stream import replay as replay_module
from gateway.stream.events import StreamEvent
from gateway.stream.hub import StreamHub
from gateway.stream.replay import Replay, ReplayUnavailable
from gateway.stream.replay_turns import ReplayTurns
from tests.unit.gateway.memory_ports import MemoryStore
from tests.unit.gateway.support import make_event, stored
from tradewind.errors import TransientError

MESSAGE = stored(make_event(), 1)


def message(sequence: int) -> StoredMessage:
    return StoredMessage(sequence, MESSAGE.subject, MESSAGE.data, MESSAGE.stored_at)


class ReplayHarness:
    """A stream, the tail's hub behind it, and one client."""

    def __init__(self, *, stored_to: int, seen_to: int, expired: int, remembered: int) -> None:
        self.store = MemoryStore()
        self.hub = StreamHub(max_recent=remembered)
        self.store.messages = [message(sequence) for sequence in range(1, stored_to + 1)]
        self.store.expired = min(expired, seen_to)
        for one in self.store.messages[:seen_to]:
            self.hub.publish(one)
        self.delivered: list[int] = []
        self.gaps: list[tuple[int, int]] = []
        self.arrivals: list[int] = []

    def arrive(self, count: int) -> None:
        """More is stored, and the tail sees all of it."""
        for _ in range(count):
            self.store.messages.append(message(len(self.store.messages) + 1))
        for one in self.store.messages:
            self.hub.publish(one)

    async def deliver(self, events: Sequence[StreamEvent]) -> None:
        self.delivered += [event.sequence for event in events if event.frame is not None]
        if self.arrivals:
            self.arrive(self.arrivals.pop())
        await asyncio.sleep(0)

    async def send_gap(self, first: int, last: int) -> None:
        self.gaps.append((first, last))

    async def run(self, after: int) -> int:
        replay = Replay(self.hub, self.store, after, self.deliver, self.send_gap, ReplayTurns())
        await replay.run()
        return replay.position


@given(
    stored_to=st.integers(0, 200),
    behind=st.integers(0, 20),
    expired=st.integers(0, 200),
    remembered=st.integers(1, 100),
    after=st.integers(0, 200),
    arrivals=st.lists(st.integers(0, 5), max_size=20),
)
async def test_every_sequence_is_delivered_or_in_a_gap(
    stored_to: int, behind: int, expired: int, remembered: int, after: int, arrivals: list[int]
) -> None:
    """Whatever the tail saw, forgot and sees meanwhile: after it stops, live takes over."""
    seen_to = max(0, stored_to - behind)
    harness = ReplayHarness(
        stored_to=stored_to, seen_to=seen_to, expired=expired, remembered=remembered
    )
    harness.arrivals = arrivals
    after = min(after, seen_to)
    position = await harness.run(after)
    assert position == harness.hub.sequence
    covered = sorted(
        harness.delivered + [one for first, last in harness.gaps for one in range(first, last + 1)]
    )
    assert covered == list(range(after + 1, position + 1))
    assert all(one < other for one, other in pairwise(harness.delivered))
    assert all(last <= harness.store.expired for _, last in harness.gaps)


async def test_a_gap_comes_first_below_the_first_stored_sequence() -> None:
    harness = ReplayHarness(stored_to=10, seen_to=10, expired=4, remembered=3)
    await harness.run(2)
    assert harness.gaps == [(3, 4)]
    assert harness.delivered == [5, 6, 7, 8, 9, 10]


async def test_what_is_in_memory_is_not_read_from_the_store() -> None:
    harness = ReplayHarness(stored_to=10, seen_to=10, expired=0, remembered=100)
    harness.store.away = True
    await harness.run(2)
    assert harness.delivered == [3, 4, 5, 6, 7, 8, 9, 10]


async def test_garbage_in_the_stream_is_passed_over() -> None:
    harness = ReplayHarness(stored_to=3, seen_to=0, expired=0, remembered=1)
    harness.store.messages[1] = StoredMessage(2, "intent.submitted.a.b", b"garbage", 0.0)
    for one in harness.store.messages:
        harness.hub.publish(one)
    await harness.run(0)
    assert harness.delivered == [1, 3]


async def test_a_store_that_is_away_ends_the_replay_where_it_is() -> None:
    harness = ReplayHarness(stored_to=10, seen_to=10, expired=0, remembered=3)
    harness.store.away = True
    with pytest.raises(TransientError):
        await harness.run(2)
    assert harness.delivered == []


async def test_a_replica_that_lags_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay_module, "EMPTY_READ_DELAY_SECONDS", 0)
    harness = ReplayHarness(stored_to=5, seen_to=5, expired=0, remembered=1)
    reads = 0
    read = harness.store.read

    async def lagging(after: int, limit: int) -> Sequence[StoredMessage]:
        nonlocal reads
        reads += 1
        return [] if reads < 4 else await read(after, limit)

    harness.store.read = lagging  # type: ignore[method-assign]
    await harness.run(0)
    assert harness.delivered == [1, 2, 3, 4, 5]


async def test_a_replica_that_stays_behind_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay_module, "EMPTY_READ_DELAY_SECONDS", 0)
    harness = ReplayHarness(stored_to=5, seen_to=5, expired=0, remembered=1)
    harness.store.messages.clear()
    with pytest.raises(ReplayUnavailable):
        await harness.run(0)
