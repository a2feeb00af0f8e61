"""Measures `tradewind rebuild` and `--verify` over a mixed history, and their memory."""

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import redis
import uvloop

from loadtest.bench.findings import BenchmarkFailed, Budget, Finding
from loadtest.bench.references import Reference
from loadtest.bench.run import Run
from loadtest.mixed_history import mixed_histories
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.roles import RISK_WORKERS
from tradewind.contracts.system.dead_letters import DeadLetter
from tradewind.contracts.system.reasons import QuarantineReason
from tradewind.ledger.append.incoming import Incoming, Rejected, read_message
from tradewind.ledger.append.writer import Ledger
from tradewind.ledger.migrations import upgrade
from tradewind.operations.cli.rebuild import MIN_EVENTS_TO_SHARE
from tradewind.operations.embedded.servers import Servers, start_servers
from tradewind.postgres import open_pool

NAME: Final = "rebuild"
_EVENTS = 200_000
_FEWER = 50_000
_MAX_GROWTH_MEBIBYTES = 24
_OPEN = 64
"""The number of histories that are open at the same time."""
_SEED = 29
_BATCH = 500
_EVERY = 40
"""Every so many batches, one also has a parked and a quarantined event and a dead letter."""
_TIMEOUT_SECONDS = 300


class Outcome(NamedTuple):
    """The output of the command."""

    events: int
    documents: int
    seconds: float
    cpu_seconds: float
    peak_memory_mebibytes: float
    different: int
    unknown: int
    misplaced: int

    @property
    def events_per_second(self) -> float:
        return self.events / self.seconds

    @property
    def cpu_us(self) -> float:
        """CPU time per event, which is comparable between runs even on a busy machine."""
        return self.cpu_seconds / self.events * 1e6

    @property
    def note(self) -> str:
        return f"{self.cpu_us:.0f} µs CPU an event; load average {os.getloadavg()[0]:.1f}"


def run(run: Run) -> list[Finding]:
    """Return events per second of both, and by how much more history needs more memory."""
    # A smaller history is rebuilt by a single process, which cannot be compared.
    fewer = max(run.scaled(_FEWER), MIN_EVENTS_TO_SHARE)
    count = max(run.scaled(_EVENTS), 2 * fewer)
    directory = run.subdirectory("rebuild")
    with start_servers(directory, names=("postgres", "redis")) as servers:
        upgrade(servers.postgres_dsn)
        events = interleaved(mixed_histories(_SEED))
        run.say(f"{NAME}: recording {count:,} events")
        uvloop.run(record(servers.postgres_dsn, itertools.islice(events, fewer)))
        small = _rebuild(servers)
        uvloop.run(record(servers.postgres_dsn, itertools.islice(events, count - fewer)))
        _empty(servers)
        run.say(f"{NAME}: rebuilding {count:,} events into an empty Redis, then comparing them")
        whole, verified = _rebuild(servers), _rebuild(servers, "--verify")
    if whole.different != whole.documents or verified.different:
        raise BenchmarkFailed(f"{verified.different} documents differ after the rebuild")
    return _findings(small, whole, verified)


def _findings(small: Outcome, whole: Outcome, verified: Outcome) -> list[Finding]:
    what = f"of {whole.events:,} mixed events"
    rate, peak = whole.events_per_second, whole.peak_memory_mebibytes
    growth = peak - small.peak_memory_mebibytes
    note_of_peak = "both processes together"
    compared = f"{verified.documents:,} documents, 0 bytes differ; {verified.note}"
    return [
        Finding(NAME, f"rebuild {what}, Redis empty", rate, "events/s", note=whole.note),
        Finding(NAME, "its CPU an event", whole.cpu_us, "µs", Budget(0.45), per=Reference.MESSAGE),
        Finding(NAME, f"verify {what}", verified.events_per_second, "events/s", note=compared),
        Finding(NAME, f"peak memory {what}", peak, "MiB", note=note_of_peak),
        Finding(
            NAME,
            f"more than at {small.events:,} events",
            growth,
            "MiB",
            Budget(_MAX_GROWTH_MEBIBYTES),
        ),
    ]


def interleaved(histories: Iterator[list[AnyEvent]]) -> Iterator[AnyEvent]:
    """Yield the events of endless histories, `_OPEN` of them at a time."""
    running = [iter(next(histories)) for _ in range(_OPEN)]
    for place in itertools.cycle(range(_OPEN)):
        event = next(running[place], None)
        if event is None:
            running[place] = iter(next(histories))
        else:
            yield event


async def record(postgres_dsn: str, events: Iterator[AnyEvent]) -> None:
    """Append events as the coordinator does, with some parked and quarantined ones."""
    pool = await open_pool(postgres_dsn)
    ledger = Ledger(pool)
    for number, batch in enumerate(itertools.batched(events, _BATCH)):
        incoming = [_arrive(place, event) for place, event in enumerate(batch, 1)]
        if number % _EVERY:
            await ledger.append(incoming)
            continue
        # The last event comes first, so it is parked until those before it are recorded.
        poison = Rejected(QuarantineReason.MALFORMED, "no JSON", b"{", "intent.submitted", number)
        await ledger.append(incoming[-1:], [poison])
        await ledger.append(incoming[:-1])
        letter = DeadLetter(
            RISK_WORKERS.name, "intent.submitted._._", "TIME_LIMIT", "slow", 5, b"{}", number
        )
        await ledger.record_dead_letters([letter])
    await pool.execute("ANALYZE")
    await pool.close()


def _arrive(place: int, event: AnyEvent) -> Incoming:
    read = read_message(event.subject, place, event.to_bytes())
    assert isinstance(read, Incoming)
    return read


def _empty(servers: Servers) -> None:
    with redis.Redis.from_url(servers.redis_url) as client:
        client.flushall()


def _rebuild(servers: Servers, *options: str) -> Outcome:
    addresses = {
        "TRADEWIND_NATS_URL": "nats://127.0.0.1:1",
        "TRADEWIND_POSTGRES_DSN": servers.postgres_dsn,
        "TRADEWIND_REDIS_URL": servers.redis_url,
    }
    command = [str(Path(sys.executable).with_name("tradewind")), "rebuild", "--json", *options]
    process = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_SECONDS,
        check=False,
        env=os.environ | addresses,
    )
    if process.returncode != 0:
        raise BenchmarkFailed(f"{' '.join(command[1:])}: {process.stderr.strip()[-300:]}")
    found: dict[str, Any] = json.loads(process.stdout)
    return Outcome(**found)
