"""Measures the time from an event in JetStream to its frame at many WebSocket clients."""

import asyncio
from typing import Final

import nats
import uvloop

from loadtest.bench.findings import BenchmarkFailed, Budget, Finding
from loadtest.bench.frame_tap import FrameTap, open_tap
from loadtest.bench.open_loop import drive
from loadtest.bench.percentiles import percentile
from loadtest.bench.run import Run
from loadtest.platform import SIMULATED, Platform, PlatformFailed, running_platform
from tradewind.contracts.streams import EVENTS_STREAM

NAME: Final = "stream"
_CLIENTS = 100
_INTENTS = 40
_PER_SECOND = 4
_FLUSH_SECONDS = 0.5


def run(run: Run) -> list[Finding]:
    """Return p50 and p99 over every frame of every client."""
    try:
        with running_platform(run.subdirectory("stream") / "data", SIMULATED) as platform:
            run.say(f"{NAME}: {_CLIENTS} clients, {run.scaled(_INTENTS)} intents")
            latencies_ms = uvloop.run(_measure(platform, run.scaled(_INTENTS)))
    except PlatformFailed as error:
        raise BenchmarkFailed(str(error)) from None
    if not latencies_ms:
        raise BenchmarkFailed("no client saw any event")
    what = f"stored → WebSocket client, {_CLIENTS} clients"
    note = f"{len(latencies_ms):,} frames"
    return [
        Finding(NAME, f"{what}, p50", percentile(latencies_ms, 50), "ms", Budget(5), note),
        Finding(NAME, f"{what}, p99", percentile(latencies_ms, 99), "ms"),
    ]


async def _measure(platform: Platform, count: int) -> list[float]:
    subscription = {"action": "subscribe", "topics": ["*"]}
    taps = await asyncio.gather(*(open_tap(platform.url, subscription) for _ in range(_CLIENTS)))
    await drive(platform, count=count, per_second=_PER_SECOND)
    await asyncio.sleep(_FLUSH_SECONDS)
    for tap in taps:
        tap.close()
    return await _latencies(platform, taps)


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
