"""Measures a platform of its own at several rates, and the parts that do one thing at a time."""

import os
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

import asyncpg
import nats
import uvloop

from loadtest.bench.findings import BenchmarkFailed
from loadtest.bench.flow_cpu import Stretch, stretch_between
from loadtest.bench.flows import send
from loadtest.bench.percentiles import median
from loadtest.bench.report import git_revision
from loadtest.bench.run import Run
from loadtest.bench.sharded_writers import drained_by_one
from loadtest.platform import SIMULATED, Platform, running_platform
from loadtest.queries import QUERIES
from loadtest.scale.brokers import on_one_broker, on_three_brokers
from loadtest.scale.points import Measured, Point, Replicated
from loadtest.scale.replicas import NONE, Pids, clocks_with, cpu_of, replicas_of
from loadtest.scale.rows import measured_appends
from tradewind.contracts.streams import EVENTS_STREAM

RECORD_BYTES: Final = 1_500
"""About the size of an event in the stream."""
_SYNCS: Final = 200
_WARMUP: Final = 60
_REST_SECONDS: Final = 15.0
_TAIL_SECONDS: Final = 2.0
"""How long what follows the end of a flow, its booking, is still counted."""
_BURST: Final = 240
_LEAST_COMPLETED: Final = 0.6
"""The part of a stage that must complete; the gateway refuses what comes too fast, for little."""
_BURST_PER_SECOND: Final = 2_000.0
_BACKLOG: Final = 30_000
_COMMITS: Final = QUERIES["commits_of_server"]


class Asked(NamedTuple):
    """What to measure."""

    rates: Sequence[float]
    seconds: float
    """How long each rate lasts."""
    has_cluster: bool
    replicas: int
    """Of each role that a flow passes, in the last stage; 1 leaves it out."""


class Stage(NamedTuple):
    """Flows at one rate, and what the stream and PostgreSQL had of them."""

    point: Point
    messages_a_flow: float
    commits_a_flow: float


class Flowed(NamedTuple):
    """What flows through a platform cost."""

    idle_cores: Mapping[str, float]
    stages: Sequence[Stage]
    burst: Point
    replicated: Replicated | None


def measure(run: Run, asked: Asked) -> Measured:
    """Measure everything; BenchmarkFailed where a rate was too high."""
    run.say(f"a record of {RECORD_BYTES:,} bytes written and synced, {_SYNCS} times")
    fsync_ms = _fsync_ms(run.directory / "record")
    run.say("a broker")
    one = on_one_broker(run.subdirectory("one-broker"))
    three = None
    if asked.has_cluster:
        run.say("three brokers")
        three = on_three_brokers(run.subdirectory("three-brokers"))
    run.say("batches appended to a ledger")
    appends = measured_appends(run.subdirectory("rows"))
    run.say(f"a backlog of {run.scaled(_BACKLOG):,} events recorded by one writer")
    drained = drained_by_one(run, run.scaled(_BACKLOG))
    found = _platform(run, asked)
    return Measured(
        date=f"{datetime.now(UTC):%Y-%m-%d %H:%M}Z",
        revision=git_revision(),
        idle_cores=found.idle_cores,
        points=[stage.point for stage in found.stages],
        burst=found.burst,
        replicated=found.replicated,
        messages_a_flow=median([stage.messages_a_flow for stage in found.stages]),
        backlog_us=drained.cpu_us,
        fsync_ms=fsync_ms,
        one_broker=one,
        three_brokers=three,
        appends=appends,
        commits_a_flow=found.stages[-1].commits_a_flow,
    )


def _platform(run: Run, asked: Asked) -> Flowed:
    """Measure a platform at rest, at each rate, with a burst, and with more replicas."""
    data = run.subdirectory("platform") / "data"
    with running_platform(data, SIMULATED) as platform:
        send(platform, _WARMUP, min(asked.rates))
        run.say(f"a platform at rest, {_REST_SECONDS:g} s")
        idle = _rest(platform, {})
        stages = [
            _stage(run, platform, round(rate * asked.seconds), rate, idle)
            for rate in sorted(asked.rates)
        ]
        burst = _stage(run, platform, run.scaled(_BURST), _BURST_PER_SECOND, idle).point
        replicated = _replicated(run, platform, asked) if asked.replicas > 1 else None
    idle_cores = {name: used / idle.seconds for name, used in idle.cpu_seconds.items()}
    return Flowed(idle_cores, stages, burst, replicated)


def _replicated(run: Run, platform: Platform, asked: Asked) -> Replicated:
    """Measure the middle rate with more replicas of the roles that a flow passes."""
    rate = sorted(asked.rates)[len(asked.rates) // 2]
    run.say(f"{asked.replicas} replicas of each role that a flow passes")
    with replicas_of(platform, asked.replicas) as more:
        send(platform, _WARMUP, rate)
        idle = _rest(platform, more)
        before, all_before = cpu_of(more), clocks_with(platform, more).cpu_seconds
        stage = _stage(run, platform, round(rate * asked.seconds), rate, idle, more)
        after, all_after = cpu_of(more), clocks_with(platform, more).cpu_seconds
    further = {
        role: (after[role] - before[role]) / (all_after[role] - all_before[role]) for role in more
    }
    return Replicated(asked.replicas, stage.point, further)


def _rest(platform: Platform, more: Pids) -> Stretch:
    before = clocks_with(platform, more)
    time.sleep(_REST_SECONDS)
    return stretch_between(before, clocks_with(platform, more))


def _stage(
    run: Run, platform: Platform, count: int, per_second: float, idle: Stretch, more: Pids = NONE
) -> Stage:
    """Send flows, and return what one costs; BenchmarkFailed when too few completed."""
    commits, messages = _commits(platform), _messages(platform)
    before = clocks_with(platform, more)
    flows = send(platform, count, per_second)
    time.sleep(_TAIL_SECONDS)
    stretch = stretch_between(before, clocks_with(platform, more))
    if count - flows.not_completed < _LEAST_COMPLETED * count:
        raise BenchmarkFailed(f"at {per_second:g}/s too few flows completed: {flows.summary}")
    count -= flows.not_completed
    ends = [journey.ended_ns for journey in flows.journeys if journey.ended_ns]
    done = count / ((max(ends) - flows.journeys[0].due_ns) / 1e9)
    cpu = stretch.a_flow(count, idle)
    run.say(f"{count:,} flows at {done:.1f}/s: {cpu.ours_ms:.1f} ms of CPU each")
    return Stage(
        Point(done, cpu.by_process_ms),
        (_messages(platform) - messages) / count,
        (_commits(platform) - commits) / count,
    )


def _messages(platform: Platform) -> int:
    return uvloop.run(_last_message(platform.nats_url))


async def _last_message(nats_url: str) -> int:
    async with await nats.connect(nats_url, name="scale") as client:
        return (await client.jetstream().stream_info(EVENTS_STREAM)).state.last_seq


def _commits(platform: Platform) -> int:
    return uvloop.run(_committed(platform.postgres_dsn))


async def _committed(postgres_dsn: str) -> int:
    connection = await asyncpg.connect(postgres_dsn)
    try:
        return int(await connection.fetchval(_COMMITS))
    finally:
        await connection.close()


def _fsync_ms(path: Path) -> float:
    """Return the median of some records written to the end of a file and synced."""
    taken, record = [], bytes(RECORD_BYTES)
    with path.open("ab", buffering=0) as file:
        for _ in range(_SYNCS):
            started_at = time.perf_counter()
            file.write(record)
            os.fsync(file.fileno())
            taken.append((time.perf_counter() - started_at) * 1e3)
    return median(taken)
