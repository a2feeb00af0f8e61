"""What a flow costs decides whether a budget is kept, so nothing may be forgotten or added."""

import pytest

from loadtest.bench.flow_cpu import Clocks, FlowCpu, Stretch, stretch_between


def test_a_stretch_is_what_every_process_used_between_two_readings() -> None:
    before = Clocks(100.0, {"nats": 1.0, "risk": 2.0})
    after = Clocks(110.0, {"nats": 1.5, "risk": 4.0, "planner": 0.25})

    assert stretch_between(before, after) == (10.0, {"nats": 0.5, "risk": 2.0, "planner": 0.25})


def test_what_idling_costs_in_the_same_time_is_taken_off_each_process() -> None:
    busy = Stretch(10.0, {"nats": 2.0, "risk": 1.0})
    idle = Stretch(5.0, {"nats": 0.5, "risk": 0.0})

    cpu = busy.a_flow(100, idle)

    assert cpu.by_process_ms == pytest.approx({"nats": 10.0, "risk": 10.0})


def test_a_process_that_idles_more_than_it_works_makes_no_flow_cheaper() -> None:
    cpu = Stretch(10.0, {"nats": 2.0, "sweeper": 0.1}).a_flow(
        100, Stretch(10.0, {"nats": 0.0, "sweeper": 0.5})
    )

    assert cpu.ours_ms == pytest.approx(20.0)


def test_the_node_is_told_apart_and_is_not_part_of_the_sum() -> None:
    cpu = FlowCpu({"nats": 5.0, "anvil": 27.0, "risk": 12.5, "sweeper": 0.5})

    assert cpu.ours_ms == pytest.approx(18.0)
    assert cpu.note == "risk 12.5, nats 5.0, others 0.5; anvil 27.0"


def test_a_second_is_a_share_of_the_stretch() -> None:
    assert Stretch(4.0, {"market": 0.2}).a_second().ours_ms == pytest.approx(50.0)
