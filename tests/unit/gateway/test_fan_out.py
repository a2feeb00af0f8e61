"""How an event reaches many clients: looked up, joined once, and never with the loop to itself."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.http.protocols.frame_budget import MAX_FRAMES_PER_READ, FrameBudget
from gateway.http.protocols.turnstile import Turnstile
from gateway.stream import fan_out, replay_turns
from gateway.stream.admission import Admission, TooManyClients
from gateway.stream.client import StreamClient
from gateway.stream.events import Frame
from gateway.stream.fan_out import FanOut
from gateway.stream.interest import Filter
from gateway.stream.interest_index import InterestIndex
from gateway.stream.replay_turns import ReplayTurns
from gateway.stream.topic_patterns import TopicPattern
from tests.unit.gateway.test_stream_client import EVERYTHING, Writer, frame

TURN_SECONDS = 0.05
"""Longer than the others give way before theirs."""

filters = st.builds(
    Filter,
    st.builds(
        TopicPattern,
        st.sampled_from(["*", "intent", "exec"]),
        st.sampled_from(["*", "submitted", "completed"]),
    ),
    st.sampled_from([None, "intent-A", "intent-B"]),
)
frames = st.builds(
    frame,
    st.just(1),
    st.sampled_from(["intent.submitted", "exec.completed", "risk.rejected"]),
    st.sampled_from(["intent-A", "intent-C"]),
)


@given(st.lists(st.lists(filters, max_size=4), max_size=5), st.sets(filters), frames)
async def test_the_index_finds_whom_their_filters_match(
    of_clients: list[list[Filter]], removed: set[Filter], one: Frame
) -> None:
    index = InterestIndex()
    clients = [StreamClient() for _ in of_clients]
    for client, added in zip(clients, of_clients, strict=True):
        index.add(client, added)
        index.remove(client, removed)
    expected = {
        client
        for client, added in zip(clients, of_clients, strict=True)
        if any(filter_.matches(one) for filter_ in set(added) - removed)
    }
    found = list(index.of(one))
    assert len(found) == len(expected)
    assert set(found) == expected


def following(count: int) -> tuple[list[StreamClient], list[Writer]]:
    writers = [Writer() for _ in range(count)]
    clients = [StreamClient(writer) for writer in writers]
    for client in clients:
        client.interest.add([EVERYTHING], since=0)
    return clients, writers


async def waiting(clients: Sequence[StreamClient]) -> list[asyncio.Future[object]]:
    """Have each client's session wait for something to send."""
    tasks: list[asyncio.Future[object]] = [asyncio.ensure_future(one.take()) for one in clients]
    await asyncio.sleep(0)
    return tasks


async def test_events_that_follow_closely_are_written_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fan_out, "MAX_PAUSE_SECONDS", 0.01)
    clients, [writer, other] = following(2)
    joined: list[bytes] = []

    def keep(data: bytes) -> bool:
        joined.append(data)
        return True

    monkeypatch.setattr(writer, "write", keep)
    tasks = await waiting(clients)
    fan = FanOut()
    assert [fan.offer(frame(sequence), clients) for sequence in (1, 2, 3)] == [2, 2, 2]
    assert len(joined) == 1
    await asyncio.sleep(0.05)
    assert len(joined) == 2
    assert other.written == [frame(sequence).text for sequence in (1, 2, 3)]
    assert [client.sent for client in clients] == [3, 3]
    for task in tasks:
        task.cancel()


async def test_a_control_frame_does_not_overtake_events_before_it() -> None:
    [client], _ = following(1)
    [task] = await waiting([client])
    fan = FanOut()
    fan.offer(frame(1), [client])
    fan.offer(frame(2), [client])
    client.queue_control("pong")
    task.cancel()
    await asyncio.sleep(0)
    assert [one.text for one in client.take_all()] == [frame(2).text, "pong"]


async def test_those_who_come_at_once_are_let_in_one_in_each_turn_of_the_loop() -> None:
    turnstile, let_in = Turnstile(), []

    async def come(number: int) -> None:
        await turnstile.wait()
        let_in.append(number)

    tasks = [asyncio.ensure_future(come(number)) for number in range(20)]
    before = 0
    while len(let_in) < len(tasks):
        await asyncio.sleep(0)
        assert len(let_in) <= before + 1
        before = len(let_in)
    assert let_in == list(range(20))


async def test_one_that_leaves_the_queue_holds_up_nobody() -> None:
    turnstile = Turnstile()
    await turnstile.wait()
    gone, here = asyncio.ensure_future(turnstile.wait()), asyncio.ensure_future(turnstile.wait())
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.wait_for(here, 5)


async def test_only_so_many_replays_work_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay_turns, "FREE_BATCHES", 1)
    turns, at_work, most = ReplayTurns(2), 0, 0

    async def replay(number: int) -> None:
        nonlocal at_work, most
        async with turns.turn(number):
            at_work += 1
            most = max(most, at_work)
            await asyncio.sleep(TURN_SECONDS)
            at_work -= 1

    await asyncio.gather(*(replay(number) for number in range(6)))
    assert most == 2


def head(size: int, *, masked: bool) -> bytes:
    mask = 0x80 if masked else 0
    if size < 126:
        length = bytes((mask | size,))
    elif size < 2**16:
        length = bytes((mask | 126,)) + size.to_bytes(2)
    else:
        length = bytes((mask | 127,)) + size.to_bytes(8)
    return b"\x82" + length + (bytes(4) if masked else b"")


@given(
    st.lists(st.tuples(st.sampled_from([0, 1, 125, 126, 70_000]), st.booleans()), max_size=12),
    st.lists(st.integers(1, 40), max_size=60),
)
def test_frames_are_counted_however_they_are_cut(
    sizes: list[tuple[int, bool]], cuts: list[int]
) -> None:
    """Given a budget of as many frames: all pass, and one more does not, wherever reads end."""
    data = b"".join(head(size, masked=masked) + bytes(size) for size, masked in sizes)
    budget = FrameBudget(lambda: 0.0)
    spent = MAX_FRAMES_PER_READ - len(sizes)
    assert budget.allows((head(0, masked=True)) * spent)
    for cut in cuts:
        assert budget.allows(data[:cut])
        data = data[cut:]
    assert budget.allows(data)
    assert not budget.allows(head(0, masked=True))


def test_a_frame_budget_fills_up_again() -> None:
    now = 0.0
    budget = FrameBudget(lambda: now)
    ping = head(0, masked=True)
    assert budget.allows(ping * MAX_FRAMES_PER_READ)
    now = 1.0
    assert budget.allows(ping * 50)
    assert not budget.allows(ping)


def test_an_address_has_only_so_many_places() -> None:
    admission = Admission(1)
    with admission.of("2001:db8::1"):
        with pytest.raises(TooManyClients), admission.of("2001:db8::2"):
            pass
        with admission.of("2001:db8:0:1::1"), admission.of("192.0.2.1"):
            pass
    with admission.of("2001:db8::2"):
        pass
