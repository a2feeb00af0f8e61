"""Measures fan-out to very many WebSocket clients, beside the gateway before they shared frames."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import uvloop

from loadtest.bench.crowds import EVERYTHING, crowd
from loadtest.bench.findings import BenchmarkFailed, Budget, Finding
from loadtest.bench.lone_gateway import FlowPublisher, checkout, lone_gateway
from loadtest.bench.percentiles import percentile
from loadtest.bench.processes import process_cpu_seconds
from loadtest.bench.references import Reference
from loadtest.bench.run import REPOSITORY, Run
from tradewind.operations.embedded.servers import start_servers

NAME: Final = "fan-out"
CLIENTS: Final = 1_000
BEFORE: Final = "b33e3f6"
"""The revision that asked every client about every event, and wrote each event by itself."""
_FLOWS: Final = 40
_PER_SECOND: Final = 4
_EVENTS_A_FLOW: Final = 9
_SPACING_SECONDS: Final = 0.008
_FLUSH_SECONDS: Final = 1.5
_AWAY_FLOWS: Final = 10
_CPU_BUDGET: Final = Budget(0.08)
_HALF: Final = Budget(0.5)
_NONE: Final = Budget(0)
_STORM_BUDGET: Final = Budget(10)


def run(run: Run) -> list[Finding]:
    """Return what a frame costs now and before, and what a reconnect storm takes and loses."""
    directory = run.subdirectory("fan-out")
    with start_servers(run.subdirectory("broker"), names=("nats",)) as servers:
        flows = FlowPublisher(
            servers.nats_url, events_a_flow=_EVENTS_A_FLOW, spacing_seconds=_SPACING_SECONDS
        )
        run.say(f"{NAME}: {CLIENTS:,} clients")
        now = _measure(servers.nats_url, flows, directory, run.scaled(_FLOWS), REPOSITORY)
        findings = _now_findings(now)
        try:
            with checkout(BEFORE, directory / "before") as product:
                run.say(f"{NAME}: {CLIENTS:,} clients, {BEFORE}")
                before = _measure(servers.nats_url, flows, directory, run.scaled(_FLOWS), product)
            findings += _before_findings(now, before)
        except BenchmarkFailed as error:
            findings.append(Finding(NAME, "beside the revision before", None, "", note=str(error)))
        run.say(f"{NAME}: {CLIENTS:,} clients come back at once")
        return [*findings, *_storm(servers.nats_url, flows, directory)]


_Measured = tuple[float, Sequence[float], float]
"""CPU a frame (µs), delays (ms), and the share of frames that came."""


def _measure(
    nats_url: str, flows: FlowPublisher, directory: Path, count: int, product: Path
) -> _Measured:
    with (
        lone_gateway(nats_url, directory, product) as gateway,
        crowd(gateway.url, [EVERYTHING] * CLIENTS) as clients,
    ):
        before = process_cpu_seconds(gateway.pid)
        stored_at = uvloop.run(flows.publish(count, _PER_SECOND))
        time.sleep(_FLUSH_SECONDS)
        used = process_cpu_seconds(gateway.pid) - before
        seen = clients.end()
    if not seen.frames:
        raise BenchmarkFailed(f"none of {CLIENTS} clients saw any event")
    share = seen.frames / (len(stored_at) * CLIENTS)
    return used / seen.frames * 1e6, seen.delays_ms(stored_at), share


def _now_findings(now: _Measured) -> list[Finding]:
    cpu_us, delays_ms, share = now
    what = f"{CLIENTS:,} clients on *, {_PER_SECOND} flows/s"
    note = f"{share:.1%} of the frames came"
    return [
        Finding(NAME, f"CPU a frame, {what}", cpu_us, "µs", _CPU_BUDGET, note, Reference.MESSAGE),
        Finding(NAME, f"stored → client, {what}, p50", percentile(delays_ms, 50), "ms"),
        Finding(NAME, f"stored → client, {what}, p99", percentile(delays_ms, 99), "ms"),
    ]


def _before_findings(now: _Measured, before: _Measured) -> list[Finding]:
    cpu_us, delays_ms, share = before
    note = f"{share:.1%} of the frames came"
    return [
        Finding(NAME, f"CPU a frame at {BEFORE}", cpu_us, "µs", note=note, per=Reference.MESSAGE),
        Finding(NAME, f"stored → client at {BEFORE}, p50", percentile(delays_ms, 50), "ms"),
        Finding(NAME, f"CPU a frame, as a part of that at {BEFORE}", now[0] / cpu_us, "", _HALF),
    ]


def _storm(nats_url: str, flows: FlowPublisher, directory: Path) -> list[Finding]:
    """Cut off a crowd, publish, have it come back at once, and count what each client got."""
    with lone_gateway(nats_url, directory) as gateway:
        with crowd(gateway.url, [EVERYTHING] * CLIENTS) as clients:
            first = min(uvloop.run(flows.publish(1, _PER_SECOND)))
            time.sleep(_FLUSH_SECONDS)
            seen = clients.end()
        uvloop.run(flows.publish(_AWAY_FLOWS, _PER_SECOND))
        again = [EVERYTHING | {"resumeFrom": last or first - 1} for last in seen.last]
        with crowd(gateway.url, again) as clients:
            last = max(uvloop.run(flows.publish(1, _PER_SECOND)))
            time.sleep(_FLUSH_SECONDS)
            returned = clients.end()
    expected = [last - one["resumeFrom"] for one in again]
    missed = sum(wanted - got for wanted, got in zip(expected, returned.events, strict=True))
    what = f"reconnect storm, {CLIENTS:,} clients that missed {_AWAY_FLOWS * _EVENTS_A_FLOW}"
    return [
        Finding(NAME, f"{what}: until all are live", clients.seconds, "s", _STORM_BUDGET),
        Finding(NAME, f"{what}: not back", float(CLIENTS - clients.subscribed), "", _NONE),
        Finding(NAME, f"{what}: events missed", float(missed), "", _NONE),
        Finding(NAME, f"{what}: events out of order", float(returned.backwards), "", _NONE),
    ]
