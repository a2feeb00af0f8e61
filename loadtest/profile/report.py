"""Tells what an event costs, by cause and by role."""

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from loadtest.bench.flow_cpu import FlowCpu
from loadtest.profile.causes import Cause

type Costs = dict[str, dict[str, float]]
"""Milliseconds of CPU a flow, by process and by cause; a server is a cause of its own."""

_LARGEST = 5


def counted_costs(
    cpu: FlowCpu, parts: Mapping[str, Mapping[Cause, float]], servers: Mapping[str, float]
) -> Costs:
    """Return the CPU of each process divided by its samples' `parts`, which sum up to 1."""
    costs: Costs = {}
    for process, part in parts.items():
        used_ms = cpu.by_process_ms.get(process, 0.0)
        costs[process] = {str(cause): share * used_ms for cause, share in part.items()}
    return costs | {name: {name: used_ms} for name, used_ms in servers.items() if used_ms}


def largest_of(costs: Costs) -> list[tuple[str, str, float]]:
    """Return the largest costs as process, cause and milliseconds a flow."""
    rows = [
        (process, cause, ms) for process, causes in costs.items() for cause, ms in causes.items()
    ]
    return sorted(rows, key=lambda row: -row[2])[:_LARGEST]


def show(costs: Costs, cpu: FlowCpu, events: float, console: Console) -> None:
    """Print microseconds of CPU an event by cause and process, and the five largest costs."""
    names = sorted(costs, key=lambda name: -sum(costs[name].values()))
    table = Table(title=f"CPU µs an event, {events:.1f} events a flow", title_justify="left")
    table.add_column("cause")
    for name in (*names, "all"):
        table.add_column(name, justify="right")
    causes = [*(str(cause) for cause in Cause), *(name for name in names if name in costs[name])]
    for cause in causes:
        cells = [costs[name].get(cause, 0.0) for name in names]
        if any(cells):
            table.add_row(cause, *(_us(ms, events) for ms in (*cells, sum(cells))))
    table.add_section()
    sums = [sum(costs[name].values()) for name in names]
    table.add_row("all", *(_us(ms, events) for ms in (*sums, sum(sums))))
    console.print(table)
    console.print(f"{cpu.ours_ms:.1f} ms of CPU a flow: {cpu.note}", highlight=False)
    for process, cause, ms in largest_of(costs):
        console.print(f"  {process}: {cause} {ms:.2f} ms a flow", highlight=False)


def _us(ms: float, events: float) -> str:
    return f"{ms * 1e3 / events:.0f}" if ms else ""
