"""Measures both stages of risk with their real roles: intents a second, and what the second adds.

A hop is what the first stage takes: from an intent on the stream to its verdict on the stream, with
a commit in between. The second stage is measured in such hops.
"""

import asyncio
import itertools
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Final, NamedTuple

import nats
import uvloop

from loadtest.bench.backlog import declare, publish, publish_all
from loadtest.bench.findings import Budget, Finding
from loadtest.bench.flow_cpu import Clocks, FlowCpu, stretch_between
from loadtest.bench.percentiles import median, percentile
from loadtest.bench.processes import process_cpu_seconds
from loadtest.bench.references import Reference
from loadtest.bench.run import Run
from loadtest.bench.stage_flows import Seen, Watcher, submitted_intents
from loadtest.pace import paced
from tradewind.contracts.ordering import PARTITIONS
from tradewind.contracts.roles import Role
from tradewind.ledger.migrations import upgrade
from tradewind.operations.embedded.servers import Servers, start_servers
from tradewind.operations.processes.child import Program, spawn

NAME: Final = "stages"
_STAGES: Final = (Role.RISK, Role.PORTFOLIO)
_REPLICAS: Final = (1, 3)
_PORTFOLIOS: Final = (1, 64)
_ROUNDS: Final = 3
_BACKLOG: Final = 1_000
_WARMUP: Final = 50
_PACED: Final = 300
_PER_SECOND: Final = 20
_MAX_ADDED_HOPS: Final = Budget(3)


class Case(NamedTuple):
    """How many replicas of each stage there are, and how many portfolios they decide for."""

    replicas: int
    portfolios: int

    def __str__(self) -> str:
        return f"{_counted(self.replicas, 'replica')}, {_counted(self.portfolios, 'portfolio')}"


class Drained(NamedTuple):
    """What both stages took for a backlog."""

    per_second: float
    cpu: FlowCpu


type Processes = Mapping[str, int]
"""The process ids of roles and servers, by name."""


def run(run: Run) -> list[Finding]:
    """Return intents/s by replicas and portfolios, and the latency of both stages at a pace."""
    drained: dict[Case, list[Drained]] = {}
    latencies: list[Finding] = []
    for replicas in _REPLICAS:
        directory = run.subdirectory(f"stages-{replicas}")
        with start_servers(directory) as servers, _roles(servers, replicas) as processes:
            uvloop.run(_backlog(servers, processes, _WARMUP, _PORTFOLIOS[-1], "warm"))
            drained |= _drain(run, servers, processes, replicas)
            if replicas == _REPLICAS[0]:
                latencies = _latencies(uvloop.run(_paced(servers, run.scaled(_PACED))))
    return [*_findings(drained), *latencies]


def _drain(
    run: Run, servers: Servers, processes: Processes, replicas: int
) -> dict[Case, list[Drained]]:
    """Drain backlogs of few and of many portfolios in turns."""
    drained: dict[Case, list[Drained]] = defaultdict(list)
    rounds = range(1 if run.quick else _ROUNDS)
    for number, portfolios in itertools.product(rounds, _PORTFOLIOS):
        case, count = Case(replicas, portfolios), run.scaled(_BACKLOG)
        name = f"bench-{number}-{portfolios}"
        one = uvloop.run(_backlog(servers, processes, count, portfolios, name))
        run.say(f"{NAME}: round {number + 1}, {case}: {one.per_second:,.0f}/s")
        drained[case].append(one)
    return drained


@contextmanager
def _roles(servers: Servers, replicas: int) -> Iterator[Processes]:
    """Run prices, the ledger and both stages."""
    upgrade(servers.postgres_dsn)
    uvloop.run(declare(servers.nats_url, PARTITIONS))
    names = [Role.MARKET, Role.COORDINATOR, *(stage for stage in _STAGES for _ in range(replicas))]
    processes = {name: one.pid for name, one in servers.processes.items()}
    with ExitStack() as stack:
        for number, name in enumerate(names):
            started = _start(servers, name, number)
            stack.callback(_stop, started)
            processes[f"{name} {number}"] = started.pid
        yield processes


def _start(servers: Servers, role: Role, number: int) -> "subprocess.Popen[bytes]":
    environment = os.environ | {
        "TRADEWIND_NATS_URL": servers.nats_url,
        "TRADEWIND_POSTGRES_DSN": servers.postgres_dsn,
        "TRADEWIND_REDIS_URL": servers.redis_url,
        "TRADEWIND_LOG_LEVEL": "WARNING",
        "PLATFORM_MOCK_CHAIN": "true",
    }
    log_path = servers.processes["nats"].service.directory.parent / f"{role}-{number}.log"
    command = (sys.executable, "-m", "actors", role)
    return spawn(Program(command, log_path, environment=environment))


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    process.wait(timeout=30)


async def _backlog(
    servers: Servers, processes: Processes, count: int, portfolios: int, name: str
) -> Drained:
    """Return what both stages take for as many intents as are there at once."""
    events = submitted_intents(count, portfolios, name)
    async with await nats.connect(servers.nats_url, name="bench-stages") as client:
        watcher = Watcher(count)
        await watcher.open(client)
        before = _clocks(processes)
        await publish_all(client, iter(events))
        await watcher.wait()
        after = _clocks(processes)
    times = sorted(watcher.seen.accepted.values())
    per_second = (len(times) - 1) / ((times[-1] - times[0]) / 1e9)
    return Drained(per_second, stretch_between(before, after).a_flow(count))


def _clocks(processes: Processes) -> Clocks:
    """Return the time and what each kind of process has used; replicas count together."""
    used: dict[str, float] = defaultdict(float)
    for name, pid in processes.items():
        used[name.partition(" ")[0]] += process_cpu_seconds(pid)
    return Clocks(time.monotonic(), used)


async def _paced(servers: Servers, count: int) -> Seen:
    """Return when intents that come at a steady rate passed each stage."""
    events = submitted_intents(count, _PORTFOLIOS[-1], "paced")
    async with await nats.connect(servers.nats_url, name="bench-stages") as client:
        watcher = Watcher(count)
        await watcher.open(client)
        async with asyncio.TaskGroup() as publishing:
            async for number, _ in paced(count, _PER_SECOND):
                event = events[number]
                watcher.seen.published[event.correlation_id] = time.monotonic_ns()
                publishing.create_task(publish(client, event))
        await watcher.wait()
    return watcher.seen


def _findings(drained: Mapping[Case, Sequence[Drained]]) -> list[Finding]:
    """Return the medians of all rounds, and how they compare."""
    findings = [found for case, rounds in drained.items() for found in _case(case, rounds)]
    rates = {case: median([one.per_second for one in rounds]) for case, rounds in drained.items()}
    (one, more), (few, many) = _REPLICAS, _PORTFOLIOS
    ratios = {
        f"{more} replicas ÷ {one}, {_counted(portfolios, 'portfolio')}": rates[
            Case(more, portfolios)
        ]
        / rates[Case(one, portfolios)]
        for portfolios in _PORTFOLIOS
    }
    ratios |= {
        f"{many} portfolios ÷ {few}, {_counted(replicas, 'replica')}": rates[Case(replicas, many)]
        / rates[Case(replicas, few)]
        for replicas in _REPLICAS
    }
    return findings + [Finding(NAME, what, ratio, "×") for what, ratio in ratios.items()]


def _case(case: Case, rounds: Sequence[Drained]) -> list[Finding]:
    rates = sorted(one.per_second for one in rounds)
    cpu = sorted((one.cpu for one in rounds), key=lambda one: one.ours_ms)[(len(rounds) - 1) // 2]
    note = f"{rates[0]:,.0f} to {rates[-1]:,.0f} in {_counted(len(rounds), 'round')}"
    what, per = f"CPU an intent, {case}", Reference.MESSAGE
    return [
        Finding(NAME, f"both stages, {case}", median(rates), "intents/s", None, note),
        Finding(NAME, what, cpu.ours_ms, "ms", None, cpu.note, per),
    ]


def _latencies(seen: Seen) -> list[Finding]:
    first = _between(seen.published, seen.screened)
    second = _between(seen.screened, seen.accepted)
    rows = [
        Finding(NAME, f"{what} at {_PER_SECOND}/s, p{percent}", percentile(found, percent), "ms")
        for what, found in (("first stage, one hop", first), ("second stage", second))
        for percent in (50, 99)
    ]
    hops = percentile(second, 50) / percentile(first, 50)
    return [*rows, Finding(NAME, "hops the second stage adds, p50", hops, "", _MAX_ADDED_HOPS)]


def _between(start: dict[str, int], end: dict[str, int]) -> list[float]:
    return [(end[one] - at) / 1e6 for one, at in start.items()]


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' if number != 1 else ''}"
