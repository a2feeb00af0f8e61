"""A loop that says nothing for too long is stalled, and one that waits for work is not."""

import asyncio

import pytest
from prometheus_client import REGISTRY

from tradewind import failpoints
from tradewind.errors import TransientError
from tradewind.runtime.loops import LoopState, Pulse, beat, loop_states, pulse
from tradewind.runtime.outage import Outage
from tradewind.runtime.periodic import run_every

ALIVE = "tradewind_loop_alive_timestamp_seconds"
FAILURES = "tradewind_loop_failures_total"


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_it_is_stalled_once_it_was_silent_for_longer_than_it_may() -> None:
    clock = Clock()
    own = Pulse("watch", 30.0, clock)
    clock.now += 30
    assert own.state() == LoopState("watch", 30.0, is_stalled=False)
    clock.now += 1
    assert own.state() == LoopState("watch", 31.0, is_stalled=True)
    own.beat()
    assert own.state() == LoopState("watch", 0.0, is_stalled=False)


def test_it_lives_while_it_waits_for_work_and_begins_to_count_afterwards() -> None:
    clock = Clock()
    own = Pulse("watch", 30.0, clock)
    with own.idle():
        clock.now += 3_600
        assert not own.state().is_stalled
    clock.now += 10
    assert own.state().silent_seconds == 10


def test_only_running_loops_are_shown_and_the_worst_of_those_that_share_a_name() -> None:
    clock = Clock()
    with pulse("watch", 30.0, clock):
        clock.now += 40
        with pulse("watch", 30.0, clock), pulse("read", 30.0, clock):
            assert loop_states() == [
                LoopState("read", 0.0, is_stalled=False),
                LoopState("watch", 40.0, is_stalled=True),
            ]
            assert REGISTRY.get_sample_value(ALIVE, {"loop": "watch"}) is not None
        assert REGISTRY.get_sample_value(ALIVE, {"loop": "read"}) is None
    assert loop_states() == []
    assert REGISTRY.get_sample_value(ALIVE, {"loop": "watch"}) is None


def test_code_within_reaches_the_pulse_of_its_loop() -> None:
    beat()  # outside any loop it does nothing
    clock = Clock()
    with pulse("watch", 30.0, clock):
        clock.now += 40
        beat()
        assert loop_states() == [LoopState("watch", 0.0, is_stalled=False)]


async def test_a_repeated_work_has_a_pulse_and_its_failures_are_counted() -> None:
    labels = {"loop": "counted"}
    before = REGISTRY.get_sample_value(FAILURES, labels) or 0.0
    errors = iter([TransientError("away"), ZeroDivisionError()])
    stopped = asyncio.Event()

    async def work() -> None:
        assert [state.name for state in loop_states()] == ["counted"]
        if error := next(errors, None):
            raise error
        stopped.set()

    async with asyncio.timeout(20):
        await run_every(0.0, work, Outage("counted", min_seconds=0.0), stopped)
    assert REGISTRY.get_sample_value(FAILURES, labels) == before + 2


async def test_a_fault_can_be_planted_in_every_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    arrivals: list[None] = []
    stopped = asyncio.Event()

    def plant() -> None:
        arrivals.append(None)
        if len(arrivals) == 1:
            raise failpoints.InjectedFault

    async def work() -> None:
        stopped.set()

    monkeypatch.setitem(failpoints.ACTIONS, "loop.planted", plant)
    async with asyncio.timeout(20):
        await run_every(0.0, work, Outage("planted", min_seconds=0.0), stopped)
    assert len(arrivals) == 2
