"""Measures a queue group ordered by portfolio beside the same one unordered, in rounds."""

import asyncio
import itertools
import json
import random
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import nats
import psutil
import uvloop

from loadtest.bench.backlog import declare, publish, publish_all
from loadtest.bench.events import accepted_histories
from loadtest.bench.findings import BenchmarkFailed, Budget, Finding
from loadtest.bench.ordering_worker import GROUP
from loadtest.bench.percentiles import median, percentile
from loadtest.bench.run import REPOSITORY, Run
from loadtest.pace import paced
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.ordering import PARTITIONS, Order
from tradewind.contracts.role_model import QueueGroup
from tradewind.operations.embedded.servers import Servers, start_servers
from tradewind.runtime.broker_stats import group_lags
from tradewind.runtime.connection import connect

NAME: Final = "ordering"
_ORDERS: Final = (Order.UNORDERED, Order.PORTFOLIO)
_ROUNDS: Final = 3
_WORKERS: Final = 3
_PORTFOLIOS: Final = 100
_BACKLOG: Final = 2_000
_PACED: Final = 400
_PER_SECOND: Final = 50
_IDLE_SECONDS: Final = 5.0
_SETTLE_SECONDS: Final = 0.05
_DEADLINE_SECONDS: Final = 60.0
_SEED: Final = 13


class Round(NamedTuple):
    """The measurements of one round with one order."""

    per_second: float
    latencies_ms: list[float]
    overtaken: int
    handled: int
    idle_percent: float


class Handled(NamedTuple):
    """When an event was handled, in monotonic nanoseconds."""

    event_id: str
    started_at: int
    ended_at: int


def run(run: Run) -> list[Finding]:
    """Return rate, latency, events out of order and the cost of idling, for both."""
    rounds: dict[Order, list[Round]] = defaultdict(list)
    for number in range(1 if run.quick else _ROUNDS):
        for order in _ORDERS[:: -1 if number % 2 else 1]:
            directory = run.subdirectory(f"ordering-{number}-{order}")
            with start_servers(directory, names=("nats",)) as servers:
                rounds[order].append(_measure(run, servers, order))
            last = rounds[order][-1]
            run.say(
                f"{NAME}: round {number + 1}, {order}: {last.per_second:,.0f}/s, "
                f"{last.overtaken} of {last.handled} out of order"
            )
    return _findings(rounds)


def _measure(run: Run, servers: Servers, order: Order) -> Round:
    url = servers.nats_url
    uvloop.run(declare(url, PARTITIONS if order is not Order.UNORDERED else 0))
    count = run.scaled(_BACKLOG)
    events = _events(count + run.scaled(_PACED))
    uvloop.run(_fill(url, events[:count]))
    workers = [_start(url, order, seed) for seed in range(_WORKERS)]
    try:
        for worker in workers:
            _require_ready(worker)
        uvloop.run(_settled(url, order))
        idle_percent = _idle_percent([*workers, servers.processes["nats"]])
        published_at = uvloop.run(_publish(url, events[count:]))
        uvloop.run(_settled(url, order))
    finally:
        for worker in workers:
            worker.terminate()
        outputs = [worker.communicate(timeout=_DEADLINE_SECONDS)[0] for worker in workers]
    handled = [Handled(*one) for output in outputs for one in json.loads(output)]
    return _round(events, count, handled, published_at, idle_percent)


def _events(count: int) -> list[AnyEvent]:
    """Return events whose portfolios follow no pattern: some are adjacent, some far apart."""
    histories = accepted_histories(_SEED, _PORTFOLIOS)
    events = [history[-1] for history in itertools.islice(histories, count)]
    random.Random(_SEED).shuffle(events)
    return events


def _round(
    events: Sequence[AnyEvent],
    count: int,
    handled: Sequence[Handled],
    published_at: dict[str, int],
    idle_percent: float,
) -> Round:
    backlog = {event.event_id for event in events[:count]}
    drained = [one for one in handled if one.event_id in backlog]
    first, last = min(one.started_at for one in drained), max(one.ended_at for one in drained)
    latencies_ms = [
        (one.started_at - published_at[one.event_id]) / 1e6
        for one in handled
        if one.event_id in published_at
    ]
    per_second = len(drained) / ((last - first) / 1e9)
    return Round(per_second, latencies_ms, overtaken(events, handled), len(handled), idle_percent)


def overtaken(events: Sequence[AnyEvent], handled: Iterable[Handled]) -> int:
    """Return how many handlers ended after that of a later event of the same portfolio."""
    places = {event.event_id: place for place, event in enumerate(events)}
    latest: dict[str, int] = defaultdict(int)
    late = 0
    for one in sorted(handled, key=lambda one: one.ended_at):
        place = places[one.event_id]
        portfolio = events[place].key.portfolio
        late += place < latest[portfolio]
        latest[portfolio] = max(place, latest[portfolio])
    return late


def _start(nats_url: str, order: Order, seed: int) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "loadtest.bench.ordering_worker"),
            *("--nats-url", nats_url, "--order", order, "--seed", str(seed)),
        ],
        stdout=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
    )


def _require_ready(worker: "subprocess.Popen[str]") -> None:
    assert worker.stdout is not None
    if worker.stdout.readline().strip() != "ready":
        raise BenchmarkFailed("a worker of the ordering benchmark did not start")


async def _fill(nats_url: str, events: Sequence[AnyEvent]) -> None:
    async with await nats.connect(nats_url, name="bench-ordering-fill") as client:
        await publish_all(client, events)


async def _settled(nats_url: str, order: Order) -> None:
    """Wait until the group has nothing left to do."""
    deadline = time.monotonic() + _DEADLINE_SECONDS
    async with await connect(nats_url, name="bench-ordering-lag") as connection:
        while time.monotonic() < deadline:
            (lag,) = await group_lags(connection, [QueueGroup(GROUP, order=order)])
            if lag is not None and not lag.pending and not lag.unacknowledged:
                return
            await asyncio.sleep(_SETTLE_SECONDS)
    raise BenchmarkFailed(f"not all is handled after {_DEADLINE_SECONDS:.0f} s")


async def _publish(nats_url: str, events: Sequence[AnyEvent]) -> dict[str, int]:
    published_at: dict[str, int] = {}
    client = await nats.connect(nats_url, name="bench-ordering-publisher")
    async with asyncio.TaskGroup() as publishing:
        async for number, _ in paced(len(events), _PER_SECOND):
            published_at[events[number].event_id] = time.monotonic_ns()
            publishing.create_task(publish(client, events[number]))
    await client.close()
    return published_at


def _idle_percent(processes: Iterable[object]) -> float:
    """Return the share of one core that idle workers and the broker use together."""
    watched = [psutil.Process(process.pid) for process in processes]  # type: ignore[attr-defined]
    before = [process.cpu_times() for process in watched]
    time.sleep(_IDLE_SECONDS)
    used = sum(
        now.user + now.system - then.user - then.system
        for now, then in zip((one.cpu_times() for one in watched), before, strict=True)
    )
    return used / _IDLE_SECONDS * 100


def _findings(rounds: dict[Order, list[Round]]) -> list[Finding]:
    findings = []
    for order in _ORDERS:
        kind = "unordered" if order is Order.UNORDERED else f"ordered by {order}"
        found = rounds[order]
        latencies_ms = [one for each in found for one in each.latencies_ms]
        handled = sum(one.handled for one in found)
        per_thousand = 1_000 * sum(one.overtaken for one in found) / handled
        idle = median([one.idle_percent for one in found])
        none = Budget(0) if order is not Order.UNORDERED else None
        values = (
            (f"backlog, {_WORKERS} workers", median([one.per_second for one in found]), "/s"),
            (
                f"publish → handler start at {_PER_SECOND}/s, p50",
                percentile(latencies_ms, 50),
                "ms",
            ),
            (
                f"publish → handler start at {_PER_SECOND}/s, p99",
                percentile(latencies_ms, 99),
                "ms",
            ),
            (f"CPU of {_WORKERS} idle workers and the broker", idle, "%"),
        )
        findings += [Finding(NAME, f"{kind}: {what}", value, unit) for what, value, unit in values]
        findings.append(Finding(NAME, f"{kind}: out of order per 1,000", per_thousand, "", none))
    return findings
