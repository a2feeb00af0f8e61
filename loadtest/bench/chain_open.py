"""Measures what a swap costs while 1, 8 and 64 of one wallet are open.

Rate and blocks are the same each time. Only the number of confirmations differs: with a swap a
block, as many are open as a swap needs confirmations.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Final, NamedTuple

import uvloop

from loadtest.bench.findings import BenchmarkFailed, Budget, Finding
from loadtest.bench.flow_cpu import FlowCpu, Stretch, stretch_between
from loadtest.bench.flows import follow, read_clocks, rest, times_of
from loadtest.bench.open_loop import COMPLETED, Journey, drive
from loadtest.bench.run import Run
from loadtest.bench.swaps import ON_CHAIN, PAPER, cpu_findings
from loadtest.pace import paced
from loadtest.platform import Platform, PlatformFailed, running_platform
from tradewind.contracts.execution.payloads import StepFilled, StepSigned
from tradewind.trading.chain.rpc_client import RpcClient

NAME: Final = "chain-open"
_LEVELS: Final = (1, 8, 64)
_PER_SECOND: Final = 2
"""Swaps, and blocks."""
_WINDOW_SECONDS: Final = 30
_SETTLING_SECONDS: Final = 8
"""Longer than the last of as many blocks, before every swap that ends has as many beside it."""
_IDLE_SECONDS: Final = 8.0
_WARMUP: Final = 10
_PAPER_COUNT: Final = 30
_LAST_SECONDS: Final = 1.0
_MOST_BLOCKS: Final = 10_000
_MOST_GROWTH: Final = Budget(1.2)


class Level(NamedTuple):
    """What was measured with so many confirmations."""

    chain: FlowCpu
    paper: FlowCpu
    open_on_average: float
    completed: int
    idle: FlowCpu
    """What the platform uses in a second without work."""


def run(run: Run) -> list[Finding]:
    """Return the CPU of a swap at each number of open ones, and how it grows."""
    numbers = _LEVELS[:2] if run.quick else _LEVELS
    levels = {number: _measure_level(run, number) for number in numbers}
    findings = []
    for number, level in levels.items():
        paper, chain, ratio = cpu_findings(NAME, level.chain, level.paper, f", {number} open")
        note = f"{level.open_on_average:.1f} open on average; {level.completed} swaps; {chain.note}"
        findings += [paper, chain._replace(note=note), ratio]
    return [*findings, _growth_finding(levels), _idle_finding(levels[numbers[0]])]


def _growth_finding(levels: dict[int, Level]) -> Finding:
    (least, first), *_, (most, last) = levels.items()
    growth = last.chain.ours_ms / first.chain.ours_ms
    return Finding(NAME, f"CPU a chain flow, {most} open ÷ {least} open", growth, "×", _MOST_GROWTH)


def _idle_finding(level: Level) -> Finding:
    return Finding(
        NAME, "CPU a second without work, taken off", level.idle.ours_ms, "ms", note=level.idle.note
    )


def _measure_level(run: Run, confirmations: int) -> Level:
    environment = {**ON_CHAIN, "TRADEWIND_CONFIRMATIONS": str(confirmations)}
    directory = run.subdirectory(f"chain-open-{confirmations}") / "data"
    try:
        with running_platform(directory, environment) as platform:
            level = _measure(platform, confirmations)
    except PlatformFailed as error:
        raise BenchmarkFailed(str(error)) from None
    run.say(
        f"{NAME}: {level.open_on_average:.1f} open on average, {level.completed} swaps of "
        f"{level.chain.ours_ms:.0f} ms, a paper flow {level.paper.ours_ms:.0f} ms"
    )
    return level


def _measure(platform: Platform, confirmations: int) -> Level:
    return uvloop.run(_measure_mined(platform, _SETTLING_SECONDS + confirmations / _PER_SECOND))


async def _measure_mined(platform: Platform, settling_seconds: float) -> Level:
    async with _mining(platform.node_url()):
        await follow(platform, _WARMUP, _PER_SECOND, PAPER)
        idle = await rest(platform, _IDLE_SECONDS)
        paper = await follow(platform, _PAPER_COUNT, _PER_SECOND, PAPER)
        steady = await _steady(platform, settling_seconds)
    started_at, ended_at = steady.window
    signed, filled = [
        await times_of(platform.postgres_dsn, steady.journeys, topic)
        for topic in (StepSigned.topic, StepFilled.topic)
    ]
    if not steady.completed:
        raise BenchmarkFailed(f"no swap was completed in {_WINDOW_SECONDS} s")
    return Level(
        steady.stretch.a_flow(steady.completed, idle),
        paper.stretch.a_flow(len(paper.journeys), idle),
        open_on_average(signed, filled, started_at, ended_at),
        steady.completed,
        idle.a_second(),
    )


class _Steady(NamedTuple):
    journeys: Sequence[Journey]
    stretch: Stretch
    completed: int
    """Swaps that ended in the window."""
    window: tuple[float, float]
    """When it began and ended, in Unix seconds."""


async def _steady(platform: Platform, settling_seconds: float) -> _Steady:
    """Send swaps all the time; measure a window after as many are open as will be."""
    count = round((settling_seconds + _WINDOW_SECONDS) * _PER_SECOND)
    sending = asyncio.create_task(
        drive(platform, count=count, per_second=_PER_SECOND, patience_seconds=_LAST_SECONDS)
    )
    await asyncio.sleep(settling_seconds)
    before, started_at = read_clocks(platform), time.time()
    await asyncio.sleep(_WINDOW_SECONDS)
    after, ended_at = read_clocks(platform), time.time()
    journeys = await sending
    completed = sum(
        before.at < (journey.ended_ns or 0) / 1e9 <= after.at
        for journey in journeys
        if journey.terminal_topic == COMPLETED
    )
    return _Steady(journeys, stretch_between(before, after), completed, (started_at, ended_at))


def open_on_average(
    opened_at: Mapping[str, float], closed_at: Mapping[str, float], start: float, end: float
) -> float:
    """Return how many were open at a time, of those that were opened; what has no end stays so."""
    return sum(
        max(0.0, min(closed_at.get(name, end), end) - max(opened, start))
        for name, opened in opened_at.items()
    ) / (end - start)


@asynccontextmanager
async def _mining(node_url: str) -> AsyncIterator[None]:
    """Mine blocks faster than once a second, without the chain's clock running ahead of ours."""
    async with RpcClient([node_url]) as client:
        await client.command("evm_setIntervalMining", 0)
        miner = asyncio.create_task(_mine_for_ever(client))
        try:
            yield
        finally:
            miner.cancel()
            with suppress(asyncio.CancelledError):
                await miner


async def _mine_for_ever(client: RpcClient) -> None:
    async for _ in paced(_MOST_BLOCKS, _PER_SECOND):
        await client.command("evm_setNextBlockTimestamp", int(time.time()))
        await client.command("anvil_mine", "0x1")
