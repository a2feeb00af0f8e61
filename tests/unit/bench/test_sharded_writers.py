"""Histories are shared out whole, and the wall is the process with one thread that ends first."""

from collections import Counter

import pytest

from loadtest.bench.shard_drain import COORDINATOR, POSTGRES, REDIS, SESSIONS, Drained
from loadtest.bench.sharded_writers import shard_of, walls

CPU = {COORDINATOR: 100.0, SESSIONS: 40.0, REDIS: 20.0, POSTGRES: 60.0}


def test_histories_are_shared_out_evenly() -> None:
    counts = Counter(shard_of(f"intent-{number}", 2) for number in range(10_000))
    assert counts[0] == pytest.approx(5_000, abs=250)
    assert shard_of("intent-1", 1) == 0


def test_one_writer_ends_at_its_coordinator() -> None:
    found = walls([Drained(1_000, CPU)])
    assert [wall.process for wall in found] == [COORDINATOR, SESSIONS, REDIS]
    assert found[0].per_second == pytest.approx(10_000)


def test_two_writers_carry_twice_of_what_they_share_out() -> None:
    found = {wall.process: wall.per_second for wall in walls([Drained(500, CPU)] * 2)}
    assert found[COORDINATOR] == pytest.approx(20_000)
    assert found[REDIS] == pytest.approx(50_000)


def test_the_larger_part_ends_first() -> None:
    first, *_ = walls([Drained(750, CPU), Drained(250, CPU)])
    assert first.per_second == pytest.approx(10_000 / 0.75)


def test_the_writers_sessions_are_in_its_server() -> None:
    assert Drained(1, CPU).all_us == pytest.approx(180.0)
