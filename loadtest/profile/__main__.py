"""`make profile`: samples every role of a platform of its own under paper flows.

It writes a flame graph a role, and a table of the CPU an event costs by what it was for.
"""

import json
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click
import uvloop

from loadtest.bench.__main__ import make_console
from loadtest.bench.flow_cpu import FlowCpu
from loadtest.bench.flows import Flows, rest, send
from loadtest.bench.open_loop import COMPLETED
from loadtest.bench.report import RESULTS_DIRECTORY
from loadtest.platform import SIMULATED, Platform, running_platform
from loadtest.profile.causes import Cause, read_stacks, shares
from loadtest.profile.report import Costs, counted_costs, show
from loadtest.profile.sampling import SERVERS, sampled
from loadtest.profile.speedscope import speedscope

_WARMUP: Final = 60
_IDLE_SECONDS: Final = 10.0
_LEAST_MS: Final = 0.5
"""Roles that a flow costs less than this are not sampled: each sampler needs CPU itself."""


@click.command()
@click.option("--count", type=click.IntRange(10), default=300, show_default=True)
@click.option("--rate", type=click.FloatRange(0.1), default=12.0, show_default=True)
@click.option("--output", type=click.Path(file_okay=False, path_type=Path))
def main(count: int, rate: float, output: Path | None) -> None:
    """Send COUNT paper flows at RATE a second twice: to measure, and then to sample."""
    directory = output or RESULTS_DIRECTORY / f"profile-{datetime.now(UTC):%Y-%m-%dT%H%M%S}Z"
    directory.mkdir(parents=True, exist_ok=True)
    console = make_console()
    with tempfile.TemporaryDirectory(prefix="tradewind-profile-") as data:
        Path(data).chmod(0o755)
        with running_platform(Path(data) / "data", SIMULATED) as platform:
            flows, cpu = _measured(platform, count, rate)
            _sample(platform, cpu, count, rate, directory)
    costs = _costs(cpu, directory)
    show(costs, cpu, _events(flows), console)
    report = {"events": _events(flows), "cpu_ms": dict(cpu.by_process_ms), "by_cause_ms": costs}
    (directory / "profile.json").write_text(json.dumps(report, indent=2) + "\n")
    console.print(f"written to {directory}", highlight=False, soft_wrap=True)


def _measured(platform: Platform, count: int, rate: float) -> tuple[Flows, FlowCpu]:
    """Return flows without a sampler, and their CPU with what idling costs taken off."""
    send(platform, _WARMUP, rate)
    idle = uvloop.run(rest(platform, _IDLE_SECONDS))
    flows = send(platform, count, rate)
    if flows.not_completed:
        raise click.ClickException(f"not all flows completed: {flows.summary}")
    return flows, flows.stretch.a_flow(count, idle)


def _sample(platform: Platform, cpu: FlowCpu, count: int, rate: float, directory: Path) -> None:
    used = {name: pid for name, pid in platform.pids().items() if _is_large(cpu, name)}
    with sampled(used, directory):
        send(platform, count, rate)


def _is_large(cpu: FlowCpu, name: str) -> bool:
    return cpu.by_process_ms.get(name, 0.0) >= _LEAST_MS


def _costs(cpu: FlowCpu, directory: Path) -> Costs:
    """Write a flame graph for each role, and return what its CPU was for."""
    parts: dict[str, Mapping[Cause, float]] = {}
    for path in sorted(directory.glob("*.stacks")):
        stacks, role = read_stacks(path.read_text()), path.stem
        (directory / f"{role}.speedscope.json").write_text(json.dumps(speedscope(role, stacks)))
        parts[role] = shares(stacks)
        path.unlink()
    servers = {name: cpu.by_process_ms.get(name, 0.0) for name in SERVERS}
    return counted_costs(cpu, parts, servers)


def _events(flows: Flows) -> float:
    """Return how many events a flow had, of those that completed."""
    lengths = [one.events for one in flows.journeys if one.terminal_topic == COMPLETED]
    return sum(one or 0 for one in lengths) / len(lengths)


if __name__ == "__main__":
    main()
