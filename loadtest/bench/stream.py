"""Measures the time from an event in JetStream to its frame at many WebSocket clients."""

import asyncio
from typing import Final

import nats
import uvloop

from loadtest.bench.findings import BenchmarkFailed, Budget, Finding
from loadtest.bench.frame_tap import FrameTap, open_tap
from loadtest.bench.open_loop import drive
from loadtest.bench.percentiles import percentile
from loadtest.bench.processes import process_cpu_seconds
from loadtest.bench.references import Reference
from loadtest.bench.run import Run
from loadtest.platform import CROWDED, Platform, PlatformFailed, running_platform
from tradewind.contracts.roles import Role
from tradewind.contracts.streams import EVENTS_STREAM

NAME: Final = "stream"
_CLIENTS = 100
_INTENTS = 40
_PER_SECOND = 4
_FLUSH_SECONDS = 0.5
_MANY_CLIENTS = 1_000
_FEW_INTENTS = 10
_BUDGET = Budget(4)
_CPU_BUDGET = Budget(0.09)


def run(run: Run) -> list[Finding]:
    """Return p50 and p99 over every frame of every client, and the CPU of one for very many."""
    try:
        with running_platform(run.subdirectory("stream") / "data", CROWDED) as platform:
            run.say(f"{NAME}: {_CLIENTS} clients, {run.scaled(_INTENTS)} intents")
            latencies_ms = uvloop.run(_measure(platform, run.scaled(_INTENTS)))
            run.say(f"{NAME}: {_MANY_CLIENTS} clients")
            cpu_us = uvloop.run(_measure_cpu(platform, run.scaled(_FEW_INTENTS)))
    except PlatformFailed as error:
        raise BenchmarkFailed(str(error)) from None
    if not latencies_ms:
        raise BenchmarkFailed("no client saw any event")
    what = f"stored → WebSocket client, {_CLIENTS} clients"
    note = f"{len(latencies_ms):,} frames"
    return [
        *(
            Finding(NAME, f"{what}, p{percent}", value, "ms", budget, note, Reference.PUBLISH)
            for percent, value, budget in (
                (50, percentile(latencies_ms, 50), _BUDGET),
                (99, percentile(latencies_ms, 99), None),
            )
        ),
        Finding(
            NAME,
            f"CPU a frame, gateway, {_MANY_CLIENTS} clients",
            cpu_us,
            "µs",
            _CPU_BUDGET,
            per=Reference.MESSAGE,
        ),
    ]


async def _measure(platform: Platform, count: int) -> list[float]:
    taps = await _open_taps(platform, _CLIENTS)
    await drive(platform, count=count, per_second=_PER_SECOND)
    await asyncio.sleep(_FLUSH_SECONDS)
    for tap in taps:
        tap.close()
    return await _latencies(platform, taps)


async def _measure_cpu(platform: Platform, count: int) -> float:
    """Return the microseconds of CPU the gateway uses for a frame."""
    taps = [
        tap
        for _ in range(0, _MANY_CLIENTS, _CLIENTS)
        for tap in await _open_taps(platform, _CLIENTS)
    ]
    gateway = platform.pids()[Role.GATEWAY]
    before = process_cpu_seconds(gateway)
    await drive(platform, count=count, per_second=_PER_SECOND)
    await asyncio.sleep(_FLUSH_SECONDS)
    used = process_cpu_seconds(gateway) - before
    for tap in taps:
        tap.close()
    frames = sum("type" not in frame for tap in taps for _, frame in tap.frames())
    if not frames:
        raise BenchmarkFailed(f"none of {_MANY_CLIENTS} clients saw any event")
    return used / frames * 1e6


async def _open_taps(platform: Platform, count: int) -> list[FrameTap]:
    subscription = {"action": "subscribe", "topics": ["*"]}
    return await asyncio.gather(*(open_tap(platform.url, subscription) for _ in range(count)))


async def _latencies(platform: Platform, taps: list[FrameTap]) -> list[float]:
    arrivals = [
        (frame["streamSequence"], arrived_at)
        for tap in taps
        for arrived_at, frame in tap.frames()
        if "type" not in frame
    ]
    stored_at: dict[int, float] = {}
    async with await nats.connect(platform.nats_url, name="bench-stream") as client:
        for sequence in sorted({sequence for sequence, _ in arrivals}):
            message = await client.jetstream().get_msg(EVENTS_STREAM, sequence)
            assert message.time is not None
            stored_at[sequence] = message.time.timestamp()
    return [(arrived_at / 1e9 - stored_at[sequence]) * 1e3 for sequence, arrived_at in arrivals]
