"""Cores end first, then what is one; replicas are added where one is not enough."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest.scale.curves import Curve
from loadtest.scale.model import (
    ALL_CORES,
    BUSY,
    ROW,
    SESSIONS,
    STREAM,
    Change,
    Model,
    carried,
    held_ms,
    least_costs,
    model_of,
    walls,
)
from loadtest.scale.points import Append, Measured, Point, Publishing, Replicated


def even(ms: float) -> Curve:
    return Curve(ms, 0.0, 1.0, 0.0)


MODEL = Model(
    {"coordinator": even(2.0), "risk": even(4.0), "nats": even(5.0), "redis": even(1.0)},
    {"coordinator": 0.1, "risk": 0.01},
    {STREAM: 2.5},
)
MEASURED = Measured(
    date="today",
    revision="abc",
    idle_cores={"coordinator": 0.01},
    points=[
        Point(10, {"coordinator": 10.0, "risk": 3.0, "postgres": 9.0}),
        Point(30, {"coordinator": 5.0, "risk": 2.5, "postgres": 7.0}),
    ],
    burst=Point(50, {"coordinator": 4.0, "risk": 2.0, "postgres": 8.0}),
    replicated=Replicated(
        2, Point(20, {"coordinator": 7.0, "risk": 3.0, "postgres": 9.0}), {"risk": 0.5}
    ),
    messages_a_flow=10.0,
    backlog_us={"coordinator": 100.0, "writer's sessions": 40.0},
    fsync_ms=0.2,
    one_broker=Publishing(1.0, 0.5, 150.0),
    three_brokers=Publishing(2.0, 0.1, 150.0),
    appends=[Append(1, 2.1), Append(101, 12.1)],
    commits_a_flow=20.0,
)


def test_few_cores_end_by_themselves() -> None:
    found = carried(MODEL, 1)
    assert found.wall == ALL_CORES
    assert found.per_second == pytest.approx((BUSY - 0.11) / 0.012, rel=0.02)
    assert found.replicas == {"coordinator": 1, "risk": 1, "nats": 1, "redis": 1}


def test_many_cores_end_at_what_is_done_one_after_the_other() -> None:
    found = carried(MODEL, 64)
    assert found.wall == STREAM
    assert found.per_second == pytest.approx(BUSY * 1e3 / 2.5, rel=0.02)
    assert found.replicas["risk"] == 2
    assert found.used_cores["risk"] / 2 <= BUSY


def test_the_first_wall_comes_first_and_replicas_are_none() -> None:
    found = walls(MODEL)
    assert [wall.name for wall in found] == [STREAM, "coordinator", "redis"]
    assert found[1].per_second == pytest.approx((BUSY - 0.1) / 0.002, rel=0.01)


def test_two_writers_move_the_wall_of_the_coordinator_twofold() -> None:
    one, two = ({wall.name: wall for wall in walls(MODEL, writers)} for writers in (1, 2))
    assert two["coordinator"].per_second == pytest.approx(
        2 * one["coordinator"].per_second, rel=1e-2
    )
    assert two["redis"] == one["redis"]


@given(st.integers(1, 256))
def test_more_cores_never_carry_less(cores: int) -> None:
    assert carried(MODEL, cores + 1).per_second >= carried(MODEL, cores).per_second


def test_replicas_rest_too_and_writers_have_smaller_batches() -> None:
    falling = Curve(1.0, 4.0, 10.0, 0.0)
    model = MODEL._replace(curves={"risk": falling, "coordinator": falling})
    assert model.used("risk", 100, 3) == pytest.approx(model.used("risk", 100, 1) + 0.02)
    assert model.used("coordinator", 100, 2) > model.used("coordinator", 100, 1) + 0.1


def test_a_change_divides_what_it_shares_out() -> None:
    before, after = model_of(MEASURED), model_of(MEASURED, Change(streams=2, writers=2))
    assert {name: before.serial_ms[name] / ms for name, ms in after.serial_ms.items()} == {
        STREAM: 2.0, ROW: 2.0, SESSIONS: 2.0,
    }  # fmt: skip
    assert before.serial_ms[STREAM] == pytest.approx(5.0)
    assert model_of(MEASURED, Change(is_replicated=True)).serial_ms[STREAM] == pytest.approx(1.0)


def test_what_was_not_measured_is_not_said() -> None:
    with pytest.raises(ValueError, match="three brokers"):
        model_of(MEASURED._replace(three_brokers=None), Change(is_replicated=True))


def test_nothing_costs_less_than_was_measured_but_the_coordinator_on_a_backlog() -> None:
    assert least_costs(MEASURED) == {"coordinator": 1.0, "risk": 2.0, "postgres": 7.0}


def test_the_row_is_held_by_the_line_through_the_batches() -> None:
    assert held_ms(MEASURED.appends, 500) == pytest.approx(52.0)
    assert held_ms([Append(8, 3.0)], 500) == 3.0
