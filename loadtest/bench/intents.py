"""Measures intents through a whole platform at a steady rate, and audits the ledger after."""

import asyncio
import re
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import asyncpg
import httpx2
import uvloop

from loadtest.bench.findings import BenchmarkFailed, Budget, Finding
from loadtest.bench.open_loop import COMPLETED, Journey, drive
from loadtest.bench.percentiles import percentile
from loadtest.bench.processes import cpu_seconds
from loadtest.bench.run import Run
from loadtest.platform import SIMULATED, Platform, PlatformFailed, running_platform

NAME: Final = "intents"
PER_SECOND: Final = 50
COUNT: Final = 1_000
NONE_ALLOWED: Final = Budget(0)
CHAIN_NAME: Final = "intents-chain"
CHAIN_COUNT: Final = 300
CHAIN_PER_SECOND: Final = 10
ON_CHAIN: Final = {"TRADEWIND_APPROVAL": "capped", "TRADEWIND_MAX_OPEN_SLOTS": "256"}
_WARMUP = 50
_SETTLE_SECONDS = 15
_PLANNING = re.compile(
    r'tradewind_actor_duration_seconds_bucket{actor="plan_intent",le="([0-9.e+-]+)"} ([0-9.e+]+)'
)
_SET_ASIDE = ("parked", "quarantine", "dead_letters")


def run(run: Run) -> list[Finding]:
    """Start a platform of its own and measure it at 50 intents/s."""
    return measure_own_platform(
        run, run.subdirectory("intents") / "data", run.scaled(COUNT), PER_SECOND
    )


def run_on_chain(run: Run) -> list[Finding]:
    """Measure the same with real swaps: a block every second, one wallet, one orchestrator."""
    directory = run.subdirectory("intents-chain") / "data"
    count = run.scaled(CHAIN_COUNT)
    findings = measure_own_platform(run, directory, count, CHAIN_PER_SECOND, ON_CHAIN)
    return [finding._replace(benchmark=CHAIN_NAME) for finding in findings]


def measure_own_platform(
    run: Run,
    data_directory: Path,
    count: int,
    per_second: float,
    environment: Mapping[str, str] = SIMULATED,
) -> list[Finding]:
    """Start a platform on `data_directory`, warm it up and load it."""
    try:
        with running_platform(data_directory, environment) as platform:
            uvloop.run(drive(platform, count=_WARMUP, per_second=per_second))
            return measure(run, platform, count, per_second)
    except PlatformFailed as error:
        raise BenchmarkFailed(str(error)) from None


def measure(run: Run, platform: Platform, count: int, per_second: float) -> list[Finding]:
    """Post `count` intents at `per_second` and return latencies and what the ledger has."""
    run.say(f"{NAME}: {count:,} intents at {per_second:g}/s")
    before = cpu_seconds(platform)
    journeys = uvloop.run(drive(platform, count=count, per_second=per_second))
    cpu_ms = {
        name: (seconds - before[name]) / count * 1e3
        for name, seconds in cpu_seconds(platform).items()
    }
    ends = Counter(_end_of(journey) for journey in journeys)
    run.say(f"{NAME}: " + ", ".join(f"{number:,} {topic}" for topic, number in ends.items()))
    missing, set_aside = uvloop.run(_audit(platform.postgres_dsn, journeys))
    return [
        *_latencies(journeys, per_second),
        _planning_finding(platform),
        _cpu_finding(cpu_ms),
        Finding(NAME, "not completed", count - ends[COMPLETED], "intents", NONE_ALLOWED),
        Finding(NAME, "missing from or too many in the ledger", missing, "events", NONE_ALLOWED),
        Finding(NAME, "parked, quarantined, dead-lettered", set_aside, "events", NONE_ALLOWED),
    ]


def _latencies(journeys: Sequence[Journey], per_second: float) -> list[Finding]:
    suffix = f"at {per_second:g}/s"
    spans = {
        "due → answered": ([j.answered_ns for j in journeys], None, None),
        "due → plan.created": ([j.planned_ns for j in journeys], Budget(10), Budget(50)),
        "due → exec.completed": ([j.ended_ns for j in journeys], None, None),
    }
    findings = []
    for what, (moments, p50_budget, p99_budget) in spans.items():
        latencies_ms = [
            (moment - journey.due_ns) / 1e6
            for journey, moment in zip(journeys, moments, strict=True)
            if moment is not None
        ]
        for percent, budget in ((50, p50_budget), (99, p99_budget)):
            value = percentile(latencies_ms, percent) if latencies_ms else None
            findings.append(Finding(NAME, f"{what} {suffix}, p{percent}", value, "ms", budget))
    return findings


def _planning_finding(platform: Platform) -> Finding:
    """Return the planner's own median, interpolated within its histogram bucket."""
    text = "".join(httpx2.get(url).text for url in platform.metrics_urls("planner"))
    buckets: dict[float, float] = defaultdict(float)
    for bound, count in _PLANNING.findall(text):
        buckets[float(bound)] += float(count)
    half, low, counted = max(buckets.values(), default=0) / 2, 0.0, 0.0
    for bound, count in sorted(buckets.items()):
        if count >= half > counted:
            middle_ms = (low + (bound - low) * (half - counted) / (count - counted)) * 1e3
            what = "planned and published, planner's own histogram, p50"
            return Finding(NAME, what, middle_ms, "ms", Budget(3))
        low, counted = bound, count
    raise BenchmarkFailed("the planner measured nothing")


def _cpu_finding(cpu_ms: Mapping[str, float]) -> Finding:
    shares = sorted(cpu_ms.items(), key=lambda share: -share[1])
    note = ", ".join(f"{name} {value:.1f}" for name, value in shares)
    return Finding(NAME, "CPU an intent, all processes", sum(cpu_ms.values()), "ms", note=note)


def _end_of(journey: Journey) -> str:
    return journey.terminal_topic or f"without an end (HTTP {journey.status or 'no answer'})"


async def _audit(postgres_dsn: str, journeys: Sequence[Journey]) -> tuple[int, int]:
    """Return how far ledger and stream differ, and how many events were set aside."""
    expected = sum(journey.events or 0 for journey in journeys)
    correlations = [journey.correlation_id for journey in journeys if journey.correlation_id]
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
