"""Sends flows through a running platform, and reads from its ledger what became of them."""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import asyncpg
import uvloop

from loadtest.bench.findings import Budget, Finding
from loadtest.bench.flow_cpu import Clocks, Stretch, stretch_between
from loadtest.bench.open_loop import COMPLETED, Journey, drive
from loadtest.bench.percentiles import percentile
from loadtest.bench.processes import cpu_seconds
from loadtest.bench.references import Reference
from loadtest.platform import Platform

NONE_ALLOWED: Final = Budget(0)
_SETTLE_SECONDS: Final = 15
_SET_ASIDE: Final = ("parked", "quarantine", "dead_letters")
_TIMES = "SELECT correlation_id, time FROM events WHERE correlation_id = ANY($1) AND topic = $2"


class Flows(NamedTuple):
    """Intents that were sent, and the CPU that all processes used from the first to the last."""

    journeys: Sequence[Journey]
    stretch: Stretch

    @property
    def ends(self) -> Counter[str]:
        """How many intents had which end."""
        return Counter(_end_of(journey) for journey in self.journeys)

    @property
    def without_end(self) -> int:
        """How many had no end when the bench stopped waiting."""
        return sum(journey.terminal_topic is None for journey in self.journeys)

    @property
    def not_completed(self) -> int:
        return len(self.journeys) - self.ends[COMPLETED]

    @property
    def summary(self) -> str:
        return ", ".join(f"{number:,} {topic}" for topic, number in self.ends.items())


def send(platform: Platform, count: int, per_second: float, strategy: str = "load") -> Flows:
    """Run `follow` where no event loop runs yet."""
    return uvloop.run(follow(platform, count, per_second, strategy))


async def follow(
    platform: Platform, count: int, per_second: float, strategy: str = "load"
) -> Flows:
    """Post `count` intents open-loop and follow them to their ends."""
    before = read_clocks(platform)
    journeys = await drive(platform, count=count, per_second=per_second, strategy=strategy)
    return Flows(journeys, stretch_between(before, read_clocks(platform)))


async def rest(platform: Platform, seconds: float) -> Stretch:
    """Leave the platform alone and return what it uses meanwhile."""
    before = read_clocks(platform)
    await asyncio.sleep(seconds)
    return stretch_between(before, read_clocks(platform))


def read_clocks(platform: Platform) -> Clocks:
    """Return the time, and the CPU seconds of each process so far."""
    return Clocks(time.monotonic(), cpu_seconds(platform))


def latency_findings(
    benchmark: str,
    journeys: Sequence[Journey],
    suffix: str,
    budgets: Mapping[str, tuple[Budget, Budget]],
) -> list[Finding]:
    """Return p50 and p99 of each span; `budgets` are in durable publishes, by span."""
    spans = {
        "due → answered": [journey.answered_ns for journey in journeys],
        "due → plan.created": [journey.planned_ns for journey in journeys],
        "due → exec.completed": [journey.ended_ns for journey in journeys],
    }
    findings = []
    for what, moments in spans.items():
        latencies_ms = [
            (moment - journey.due_ns) / 1e6
            for journey, moment in zip(journeys, moments, strict=True)
            if moment is not None
        ]
        for percent, budget in zip((50, 99), budgets.get(what, (None, None)), strict=True):
            value = percentile(latencies_ms, percent) if latencies_ms else None
            name = f"{what} {suffix}, p{percent}"
            findings.append(Finding(benchmark, name, value, "ms", budget, per=Reference.PUBLISH))
    return findings


def ledger_findings(benchmark: str, platform: Platform, flows: Flows) -> list[Finding]:
    """Return whether the ledger has exactly what the stream had, and nothing set aside."""
    missing, set_aside = uvloop.run(_audit(platform.postgres_dsn, flows.journeys))
    return [
        Finding(benchmark, "not completed", flows.not_completed, "intents", NONE_ALLOWED),
        Finding(
            benchmark, "missing from or too many in the ledger", missing, "events", NONE_ALLOWED
        ),
        Finding(benchmark, "parked, quarantined, dead-lettered", set_aside, "events", NONE_ALLOWED),
    ]


async def times_of(postgres_dsn: str, journeys: Sequence[Journey], topic: str) -> dict[str, float]:
    """Return when each flow had its first event of a topic, in Unix seconds, by correlation."""
    connection = await asyncpg.connect(postgres_dsn)
    try:
        rows = await connection.fetch(_TIMES, _correlations(journeys), topic)
    finally:
        await connection.close()
    times: dict[str, float] = {}
    for correlation_id, moment in sorted(rows):
        times.setdefault(correlation_id, moment.timestamp())
    return times


def _end_of(journey: Journey) -> str:
    return journey.terminal_topic or f"without an end (HTTP {journey.status or 'no answer'})"


def _correlations(journeys: Sequence[Journey]) -> list[str]:
    return [journey.correlation_id for journey in journeys if journey.correlation_id]


async def _audit(postgres_dsn: str, journeys: Sequence[Journey]) -> tuple[int, int]:
    """Return how far ledger and stream differ, and how many events were set aside."""
    expected = sum(journey.events or 0 for journey in journeys)
    correlations = _correlations(journeys)
    connection = await asyncpg.connect(postgres_dsn)
    deadline = time.monotonic() + _SETTLE_SECONDS
    try:
        while True:
            stored = await connection.fetchval(
                "SELECT count(*) FROM events WHERE correlation_id = ANY($1)", correlations
            )
            if stored == expected or time.monotonic() > deadline:
                break
            await asyncio.sleep(0.1)
        counts = [await connection.fetchval(f"SELECT count(*) FROM {name}") for name in _SET_ASIDE]
        return abs(expected - stored), sum(counts)
    finally:
        await connection.close()
