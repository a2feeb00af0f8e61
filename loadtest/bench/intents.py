"""Measures paper flows through a whole platform, and audits the ledger after."""

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import httpx2

from loadtest.bench.findings import BenchmarkFailed, Budget, Finding
from loadtest.bench.flows import (
    NONE_ALLOWED,
    Flows,
    latency_findings,
    ledger_findings,
    send,
)
from loadtest.bench.references import Reference
from loadtest.bench.run import Run
from loadtest.platform import SIMULATED, Platform, PlatformFailed, running_platform

__all__ = ["COUNT", "NONE_ALLOWED", "PER_SECOND", "measure_own_platform", "run"]

NAME: Final = "intents"
PER_SECOND: Final = 50
COUNT: Final = 1_000
_WARMUP = 50
_BURST = 400
_BURST_PER_SECOND = 2_000
_CPU_BUDGET = Budget(85)
_BUDGETS: Final = {"due → plan.created": (Budget(8), Budget(40))}
_PLANNING_BUDGET = Budget(3)
_PLANNING = re.compile(
    r'tradewind_actor_duration_seconds_bucket{actor="plan_intent",le="([0-9.e+-]+)"} ([0-9.e+]+)'
)


def run(run: Run) -> list[Finding]:
    """Start a platform of its own and measure it at half of what it can do at most."""
    directory = run.subdirectory("intents") / "data"
    try:
        with running_platform(directory, SIMULATED) as platform:
            send(platform, _WARMUP, PER_SECOND)
            most = _saturation(run, platform)
            saturated = Finding(NAME, "saturation: completed from a backlog", most, "/s")
            return [saturated, *measure(run, platform, run.scaled(COUNT), round(most / 2, 1))]
    except PlatformFailed as error:
        raise BenchmarkFailed(str(error)) from None


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
            send(platform, _WARMUP, per_second)
            return measure(run, platform, count, per_second)
    except PlatformFailed as error:
        raise BenchmarkFailed(str(error)) from None


def measure(run: Run, platform: Platform, count: int, per_second: float) -> list[Finding]:
    """Post `count` intents at `per_second` and return latencies and what the ledger has."""
    run.say(f"{NAME}: {count:,} intents at {per_second:g}/s")
    before = _planning_buckets(platform)
    flows = send(platform, count, per_second)
    run.say(f"{NAME}: {flows.summary}")
    return [
        *latency_findings(NAME, flows.journeys, f"at {per_second:g}/s", _BUDGETS),
        _planning_finding(_planning_buckets(platform) - before),
        _cpu_finding(flows),
        *ledger_findings(NAME, platform, flows),
    ]


def _saturation(run: Run, platform: Platform) -> float:
    """Return how many intents a second are completed when all are there at once."""
    run.say(f"{NAME}: {_BURST:,} intents at once")
    flows = send(platform, _BURST, _BURST_PER_SECOND)
    ends = [journey.ended_ns for journey in flows.journeys if journey.ended_ns]
    if not ends:
        raise BenchmarkFailed("no intent of the burst had an end")
    return len(ends) / ((max(ends) - flows.journeys[0].due_ns) / 1e9)


def _planning_buckets(platform: Platform) -> Counter[float]:
    """Return how many plans so far took at most how many seconds."""
    text = "".join(httpx2.get(url).text for url in platform.metrics_urls("planner"))
    buckets: Counter[float] = Counter()
    for bound, count in _PLANNING.findall(text):
        buckets[float(bound)] += int(float(count))
    return buckets


def _planning_finding(buckets: Mapping[float, float]) -> Finding:
    """Return the planner's own median, interpolated within its histogram bucket."""
    half, low, counted = max(buckets.values(), default=0) / 2, 0.0, 0.0
    for bound, count in sorted(buckets.items()):
        if count >= half > counted:
            middle_ms = (low + (bound - low) * (half - counted) / (count - counted)) * 1e3
            what = "planned and published, planner's own histogram, p50"
            return Finding(NAME, what, middle_ms, "ms", _PLANNING_BUDGET, per=Reference.PUBLISH)
        low, counted = bound, count
    raise BenchmarkFailed("the planner measured nothing")


def _cpu_finding(flows: Flows) -> Finding:
    cpu = flows.stretch.a_flow(len(flows.journeys))
    what = "CPU a paper flow, all processes and servers"
    return Finding(NAME, what, cpu.ours_ms, "ms", _CPU_BUDGET, cpu.note, Reference.MESSAGE)
