"""Measures real swaps of one wallet at a steady rate, beside paper flows of the same platform."""

from typing import Final

import uvloop

from loadtest.bench.findings import BenchmarkFailed, Budget, Finding
from loadtest.bench.flow_cpu import FlowCpu
from loadtest.bench.flows import (
    NONE_ALLOWED,
    Flows,
    latency_findings,
    ledger_findings,
    rest,
    send,
    times_of,
)
from loadtest.bench.percentiles import percentile
from loadtest.bench.references import Reference
from loadtest.bench.run import Run
from loadtest.platform import Platform, PlatformFailed, running_platform
from tradewind.contracts.execution.payloads import StepFilled, StepSigned
from tradewind.contracts.plans.payloads import PlanCreated
from tradewind.operations.embedded.devchain.node import DevelopmentNode
from tradewind.trading.chain.rpc_client import RpcClient

NAME: Final = "swaps"
ON_CHAIN: Final = {"TRADEWIND_APPROVAL": "capped", "TRADEWIND_MAX_OPEN_SLOTS": "256"}
PAPER: Final = "paper"
"""Strategies with this prefix trade on paper although there is a chain."""
AT_MOST_TWO_PAPER_FLOWS: Final = Budget(2)
_PER_SECOND = 10
_COUNT = 600
_WARMUP = 50
_PAPER_COUNT = 200
_IDLE_SECONDS = 5.0
_CONFIRMATION_BUDGET = Budget(2)


def run(run: Run) -> list[Finding]:
    """Send ten swaps a second for a minute, with a block every second; paper flows before."""
    try:
        with running_platform(run.subdirectory("swaps") / "data", ON_CHAIN) as platform:
            send(platform, run.scaled(_WARMUP), _PER_SECOND)
            send(platform, run.scaled(_WARMUP), _PER_SECOND, PAPER)
            return _measure(run, platform)
    except PlatformFailed as error:
        raise BenchmarkFailed(str(error)) from None


def _measure(run: Run, platform: Platform) -> list[Finding]:
    idle = uvloop.run(rest(platform, _IDLE_SECONDS))
    paper = send(platform, run.scaled(_PAPER_COUNT), _PER_SECOND, PAPER)
    count = run.scaled(_COUNT)
    run.say(f"{NAME}: {count} swaps at {_PER_SECOND}/s")
    block = uvloop.run(_block_number(platform))
    flows = send(platform, count, _PER_SECOND)
    blocks = uvloop.run(_block_number(platform)) - block
    run.say(f"{NAME}: {flows.summary}")
    ours, theirs = (one.stretch.a_flow(len(one.journeys), idle) for one in (flows, paper))
    suffix = f"at {_PER_SECOND}/s"
    return [
        Finding(NAME, f"without an end {suffix}", flows.without_end, "swaps", NONE_ALLOWED),
        *_confirmation_findings(platform, flows, flows.stretch.seconds / max(1, blocks)),
        *latency_findings(NAME, flows.journeys, suffix, {}),
        *cpu_findings(NAME, ours, theirs),
        *ledger_findings(NAME, platform, flows),
    ]


def cpu_findings(benchmark: str, ours: FlowCpu, paper: FlowCpu, suffix: str = "") -> list[Finding]:
    """Return the CPU of a chain flow and of a paper flow, idling taken off, and their ratio."""
    per = Reference.MESSAGE
    return [
        Finding(benchmark, f"CPU a paper flow{suffix}", paper.ours_ms, "ms", None, paper.note, per),
        Finding(benchmark, f"CPU a chain flow{suffix}", ours.ours_ms, "ms", None, ours.note, per),
        Finding(
            benchmark,
            f"chain flow ÷ paper flow{suffix}",
            ours.ours_ms / paper.ours_ms,
            "×",
            AT_MOST_TWO_PAPER_FLOWS,
        ),
    ]


def _confirmation_findings(platform: Platform, flows: Flows, block_seconds: float) -> list[Finding]:
    planned, signed, filled = (
        uvloop.run(times_of(platform.postgres_dsn, flows.journeys, topic))
        for topic in (PlanCreated.topic, StepSigned.topic, StepFilled.topic)
    )
    waits = [(at - signed[flow]) / block_seconds for flow, at in filled.items() if flow in signed]
    signing_ms = [(at - planned[flow]) * 1e3 for flow, at in signed.items() if flow in planned]
    if not waits:
        raise BenchmarkFailed("no swap was filled")
    note = f"{len(waits)} filled; a block took {block_seconds:.2f} s"
    middle, late = percentile(waits, 50), percentile(waits, 99)
    return [
        Finding(NAME, "signed → filled, p50", middle, "blocks", _CONFIRMATION_BUDGET, note),
        Finding(NAME, "signed → filled, p99", late, "blocks"),
        Finding(
            NAME,
            "planned → signed, p50",
            percentile(signing_ms, 50),
            "ms",
            note="tried out, recorded, and signed",
            per=Reference.PUBLISH,
        ),
    ]


async def _block_number(platform: Platform) -> int:
    async with RpcClient([platform.node_url()]) as client:
        return await DevelopmentNode(client).block_number()
