"""Measures one writer beside two that share out histories by correlation: a prototype.

The coordinators are real ones. Each of two has a broker with its half of the backlog, a database of
its own in the same PostgreSQL and one in the same Redis. Two cores cannot show what two writers
carry, so CPU is counted: a process that does its work in one thread, uses `u` for an event and sees
a part `s` of all events carries at most `1 / (u · s)` of them a second.
"""

import itertools
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import nats
import uvloop

from loadtest.bench.backlog import declare, delete_consumer, publish_all
from loadtest.bench.drain import start_coordinator
from loadtest.bench.events import accepted_histories
from loadtest.bench.findings import Finding
from loadtest.bench.percentiles import median
from loadtest.bench.references import Reference
from loadtest.bench.run import Run
from loadtest.bench.shard_drain import (
    BROKER,
    ONE_CORE,
    POSTGRES,
    REDIS,
    SHARED,
    Drained,
    Shard,
    drain,
)
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.roles import COORDINATOR_GROUP
from tradewind.contracts.streams import durable_name
from tradewind.ledger.migrations import upgrade
from tradewind.operations.embedded.servers import Servers, start_servers

NAME: Final = "sharded-writers"
WRITERS: Final = 2
_EVENTS: Final = 60_000
_ROUNDS: Final = 3
_SEED: Final = 13
_LEAST_US: Final = 1e-3


class Backlog(NamedTuple):
    """Brokers with the same events: all of them in one, or a part in each."""

    brokers: Sequence[Servers]
    counts: Sequence[int]


class Wall(NamedTuple):
    """A process with one thread, and where it ends on a core of its own."""

    process: str
    per_second: float
    """Events a second of all writers together."""


def run(run: Run) -> list[Finding]:
    """Return the CPU an event of one writer and of two, and by how much the wall moves."""
    count, directory = run.scaled(_EVENTS), run.subdirectory("sharded-writers")
    rounds: dict[int, list[Sequence[Drained]]] = {1: [], WRITERS: []}
    with ExitStack() as stack:
        servers = stack.enter_context(start_servers(directory / "shared"))
        backlogs = {
            shards: _stored(run, stack, directory, count, shards, servers) for shards in rounds
        }
        for number in range(1 if run.quick else _ROUNDS):
            for shards, backlog in backlogs.items():
                run.say(f"{NAME}: round {number + 1}, {shards} writing")
                log = directory / "coordinator.log"
                with _shards(servers, backlog, f"{number}_{shards}", log) as writing:
                    rounds[shards].append(uvloop.run(drain(writing)))
    return _findings(rounds, count)


def drained_by_one(run: Run, count: int) -> Drained:
    """Return what one writer and its servers take for a backlog."""
    directory = run.subdirectory("one-writer")
    with ExitStack() as stack:
        servers = stack.enter_context(start_servers(directory / "shared"))
        backlog = _stored(run, stack, directory, count, 1, servers)
        with _shards(servers, backlog, "alone", directory / "coordinator.log") as writing:
            return uvloop.run(drain(writing))[0]


def shard_of(correlation_id: str, shards: int) -> int:
    """Return which writer has this history: all its events have the same."""
    return zlib.crc32(correlation_id.encode()) % shards


def walls(drained: Sequence[Drained]) -> list[Wall]:
    """Return what each process with one thread carries, the one that ends first first."""
    total = sum(one.events for one in drained)
    found: dict[str, float] = {}
    for one in drained:
        for process in ONE_CORE & one.cpu_us.keys():
            # A server that all writers use sees all events.
            part = 1.0 if process in SHARED else one.events / total
            carried = 1e6 / max(one.cpu_us[process] * part, _LEAST_US)
            found[process] = min(found.get(process, carried), carried)
    return sorted((Wall(*wall) for wall in found.items()), key=lambda wall: wall.per_second)


def _stored(
    run: Run, stack: ExitStack, directory: Path, count: int, shards: int, whole: Servers
) -> Backlog:
    """Start the brokers of some writers and store in each what is its writer's."""
    run.say(f"{NAME}: storing {count:,} events for {shards}")
    brokers, counts = [], []
    for shard in range(shards):
        name = f"broker-{shard}-of-{shards}"
        broker = (
            whole
            if shards == 1
            else stack.enter_context(start_servers(directory / name, names=("nats",)))
        )
        events = itertools.islice(itertools.chain.from_iterable(accepted_histories(_SEED)), count)
        own = [one for one in events if shard_of(one.correlation_id, shards) == shard]
        uvloop.run(_fill(broker.nats_url, own))
        brokers.append(broker)
        counts.append(len(own))
    return Backlog(brokers, counts)


async def _fill(nats_url: str, events: Sequence[AnyEvent]) -> None:
    await declare(nats_url)
    async with await nats.connect(nats_url, name="bench-sharded") as client:
        await publish_all(client, events)


@contextmanager
def _shards(
    servers: Servers, backlog: Backlog, name: str, log_path: Path
) -> Iterator[Sequence[Shard]]:
    """Start a coordinator for each broker, on databases that are new and empty."""
    shards: list[Shard] = []
    try:
        for place, (broker, count) in enumerate(zip(*backlog, strict=True)):
            dsn = uvloop.run(_new_database(servers.postgres_dsn, f"shard_{name}_{place}"))
            upgrade(dsn)
            uvloop.run(delete_consumer(broker.nats_url, durable_name(COORDINATOR_GROUP.name)))
            redis_url = f"{servers.redis_url.rstrip('/')}/{place}"
            uvloop.run(Shard.empty(redis_url))
            addresses = Addresses(broker.nats_url, dsn, redis_url)
            writer = start_coordinator(addresses, log_path)
            pids = {
                BROKER: broker.processes["nats"].pid,
                POSTGRES: servers.processes["postgres"].pid,
                REDIS: servers.processes["redis"].pid,
            }
            shards.append(Shard(dsn, redis_url, writer, pids, count))
        yield shards
    finally:
        for shard in shards:
            shard.stop()


class Addresses(NamedTuple):
    """The servers of one coordinator."""

    nats_url: str
    postgres_dsn: str
    redis_url: str


async def _new_database(dsn: str, name: str) -> str:
    """Create an empty database in the same server and return its address."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close()
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{name}"))


def _findings(rounds: Mapping[int, Sequence[Sequence[Drained]]], count: int) -> list[Finding]:
    found: dict[int, Wall] = {}
    findings: list[Finding] = []
    for shards, all_drained in rounds.items():
        drained = [_middle(one) for one in zip(*all_drained, strict=True)]
        found[shards], *_ = walls(drained)
        findings += _findings_of(drained, "one writer" if shards == 1 else f"{shards} writers")
    before, after = found[1], found[WRITERS]
    note = f"{before.process}, then {after.process}; {count:,} events, fsync on"
    moved = after.per_second / before.per_second
    return [*findings, Finding(NAME, f"{WRITERS} writers ÷ one: the wall", moved, "×", note=note)]


def _findings_of(drained: Sequence[Drained], who: str) -> list[Finding]:
    """Return the CPU an event by process, and what the processes with one thread carry."""
    events = sum(one.events for one in drained)

    def cpu(what: str, parts: Sequence[float]) -> Finding:
        us = sum(part * one.events for part, one in zip(parts, drained, strict=True)) / events
        return Finding(NAME, f"{who}: {what}", us, "µs", per=Reference.MESSAGE)

    costs = [
        cpu(f"CPU an event, {name}", [one.cpu_us[name] for one in drained])
        for name in sorted(drained[0].cpu_us)
    ]
    ends = [
        Finding(NAME, f"{who}: {wall.process} carries", wall.per_second, "events/s")
        for wall in walls(drained)
    ]
    return [*costs, cpu("CPU an event, all", [one.all_us for one in drained]), *ends]


def _middle(rounds: Sequence[Drained]) -> Drained:
    """Return the medians of some rounds of one shard."""
    middle = {name: median([one.cpu_us[name] for one in rounds]) for name in rounds[0].cpu_us}
    return Drained(rounds[0].events, middle)
