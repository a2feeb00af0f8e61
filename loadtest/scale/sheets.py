"""Tells measured points, walls and machines as tables, for a terminal or for a document."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from rich.console import Console
from rich.table import Table

from loadtest.bench.report import format_number
from loadtest.scale.curves import fit_curves
from loadtest.scale.model import (
    AS_IT_IS,
    BUSY,
    CORES,
    LARGEST_BATCH,
    MANY_CORES,
    NATS,
    POSTGRES,
    REDIS,
    ROW,
    SESSIONS,
    STREAM,
    Carried,
    Change,
    carried,
    held_ms,
    least_costs,
    model_of,
    walls,
)
from loadtest.scale.points import Measured, Point, Replicated
from tradewind.contracts.roles import Role

NEXT: Final = {
    STREAM: "three replicas, whose log syncs many messages at once; then several streams",
    ROW: "a second writer for a part of the histories",
    SESSIONS: "a second writer for a part of the histories",
    Role.COORDINATOR: "read models written by a process of their own, then a second writer",
    REDIS: "a Redis for limits and one for read models",
    Role.HISTORIAN: "a timeline for each writer, once there are two",
}
"""What comes next where something ends."""
CHANGES: Final = {
    "as it is": AS_IT_IS,
    "two streams": Change(streams=2),
    "two streams, two writers": Change(streams=2, writers=2),
    "three replicas of the stream": Change(is_replicated=True),
    "three replicas, two streams, two writers": Change(2, 2, is_replicated=True),
}
_LEAST_MS: Final = 0.3
"""Processes that a flow costs less are told together."""
_FAR_PER_SECOND: Final = 5_000.0
"""Walls beyond it are not told."""
_OTHERS: Final = "others"


class Sheet(NamedTuple):
    """A table; all columns but the first hold numbers, unless their text is long."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]

    def show(self, console: Console) -> None:
        """Print it on a terminal."""
        table = Table(title=self.title, title_justify="left")
        for place, heading in enumerate(self.headings):
            table.add_column(heading, justify="right" if place else "left")
        for row in self.rows:
            table.add_row(*row)
        console.print(table)

    def markdown(self) -> str:
        """Return it as a document has it."""
        lines = [self.headings, ["---"] * len(self.headings), *self.rows]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def sheets(measured: Measured) -> list[Sheet]:
    """Return all tables; ValueError where there are too few rates."""
    found = [_parts(measured), _points(measured), _walls(measured), *_machines(measured)]
    return (
        found if measured.replicated is None else [*found, _replicas(measured.replicated, measured)]
    )


def _points(measured: Measured) -> Sheet:
    """Return measured and fitted CPU a flow of every process, and where extrapolation led."""
    curves = fit_curves(measured.points, least_costs(measured))
    small = [name for name, curve in curves.items() if curve.at(0) < _LEAST_MS]
    rows = []
    for name in [*(name for name in curves if name not in small), _OTHERS]:
        names = small if name == _OTHERS else [name]
        cells = [
            _beside(_sum(point, names), sum(curves[one].at(point.per_second) for one in names))
            for point in measured.points
        ]
        idle = sum(measured.idle_cores.get(one, 0.0) for one in names)
        least = sum(curves[one].least_ms for one in names)
        burst = _sum(measured.burst, names)
        rows.append([name, f"{idle * 1e3:.0f}", *cells, f"{burst:.1f}", f"{least:.1f}"])
    rates = [f"{point.per_second:.0f}/s" for point in measured.points]
    rows.append(_all_row(measured))
    headings = ["CPU ms a flow, measured / model", "at rest, ms/s", *rates, "burst", "at least"]
    return Sheet("What a flow costs by rate", headings, rows)


def _all_row(measured: Measured) -> list[str]:
    curves = fit_curves(measured.points, least_costs(measured))
    cells = []
    for point in measured.points:
        model = sum(curve.at(point.per_second) for curve in curves.values())
        cells.append(f"{point.all_ms:.1f} / {model:.1f} ({model / point.all_ms - 1:+.0%})")
    idle = sum(measured.idle_cores.values())
    least = sum(curve.least_ms for curve in curves.values())
    return [
        "all", f"{idle * 1e3:.0f}", *cells, f"{measured.burst.all_ms:.1f}", f"{least:.1f}",
    ]  # fmt: skip


def foretold(measured: Measured) -> float | None:
    """Return by what part the model of all rates but the highest misses it; None if too few."""
    *known, last = measured.points
    if len(known) < 2:
        return None
    # What was measured at the highest rate, or in a burst, must not help.
    curves = fit_curves(known, {})
    return sum(curve.at(last.per_second) for curve in curves.values()) / last.all_ms - 1


def _parts(measured: Measured) -> Sheet:
    """Return what is done one after the other."""
    one, three = measured.one_broker, measured.three_brokers
    rows = [["a record written and synced", f"{measured.fsync_ms:.2f} ms"]]
    for name, broker in (("one broker", one), ("three brokers, R3", three)):
        if broker is not None:
            rows += [
                [f"{name}: a publish alone", f"{broker.alone_ms:.2f} ms"],
                [f"{name}: a message, 256 in flight", f"{broker.stored_ms:.3f} ms"],
                [f"{name}: its CPU, all brokers", f"{broker.broker_us:.0f} µs"],
            ]
    rows += [
        [f"the writer row, held for {one.events} events", f"{one.held_ms:.2f} ms"]
        for one in measured.appends
    ]
    rows += [
        [f"a backlog, CPU an event: {name}", f"{us:.0f} µs"]
        for name, us in sorted(measured.backlog_us.items(), key=lambda item: -item[1])
    ]
    rows += [
        ["messages of the stream a flow", f"{measured.messages_a_flow:.1f}"],
        ["transactions in PostgreSQL a flow", f"{measured.commits_a_flow:.1f}"],
    ]
    return Sheet("What is done one after the other", ["what", "measured"], rows)


def _walls(measured: Measured) -> Sheet:
    near = [wall for wall in walls(model_of(measured)) if wall.per_second < _FAR_PER_SECOND]
    rows = [
        [wall.name, format_number(round(wall.per_second)), _what(measured, wall.name),
         NEXT.get(wall.name, "")]
        for wall in near
    ]  # fmt: skip
    headings = ["what ends", f"flows/s, at {BUSY:.0%} of it", "because", "what comes next"]
    return Sheet("Walls, whatever cores there are", headings, rows)


def _what(measured: Measured, name: str) -> str:
    messages = f"{measured.messages_a_flow:.1f} events a flow"
    if name == STREAM:
        return f"{messages}, {measured.one_broker.stored_ms:.3f} ms each"
    if name == ROW:
        held = held_ms(measured.appends, LARGEST_BATCH)
        return f"{messages}, {LARGEST_BATCH} in {held:.1f} ms"
    if name == SESSIONS:
        return f"{messages}, one at a time"
    if name == Role.COORDINATOR:
        return f"{messages}, {measured.backlog_us['coordinator']:.0f} µs each from a backlog"
    return "one process"


def _machines(measured: Measured) -> list[Sheet]:
    """Return what machines carry, in detail as it is, and in short with each change."""
    model = model_of(measured)
    found = [carried(model, cores) for cores in CORES]
    headings = ["cores", "flows/s", "ends at", "replicas", "roles use", "NATS", "PostgreSQL"]
    detailed = Sheet("What cores carry", headings, [_machine(one) for one in found])
    rows = []
    for name, change in CHANGES.items():
        if change.is_replicated and measured.three_brokers is None:
            continue
        changed = model_of(measured, change)
        each = [carried(changed, cores, change.writers) for cores in CORES]
        first = walls(changed, change.writers)[0]
        last = f"{first.name}: {format_number(round(first.per_second))}"
        rows.append([name, *(format_number(round(one.per_second)) for one in each), last])
    columns = ["flows/s", *(f"{cores} cores" for cores in CORES), "no cores help beyond"]
    return [detailed, Sheet("What a change gives", columns, rows)]


def _replicas(replicated: Replicated, measured: Measured) -> Sheet:
    """Return what a flow costs with replicas, and what the model says, which knows of none."""
    number, point, further = replicated
    curves = fit_curves(measured.points, least_costs(measured))
    model = {name: curve.at(point.per_second) for name, curve in curves.items()}
    rows = [
        [name, f"{ms:.1f}", f"{model[name]:.1f}", f"{further[name]:.0%}" if name in further else ""]
        for name, ms in sorted(point.cpu_ms.items(), key=lambda one: -one[1])
        if ms >= _LEAST_MS
    ]
    whole = sum(model.values())
    error = f"{whole:.1f} ({whole / point.all_ms - 1:+.0%})"
    rows.append(["all", f"{point.all_ms:.1f}", error, ""])
    title = f"{number} replicas of each role that a flow passes, {point.per_second:.0f}/s"
    headings = ["CPU ms a flow", "measured", "model", "of it by the further replicas"]
    return Sheet(title, headings, rows)


def _machine(one: Carried) -> list[str]:
    more = [f"{name} {number}" for name, number in one.replicas.items() if number > 1]
    roles = sum(used for name, used in one.used_cores.items() if name not in MANY_CORES | {REDIS})
    return [
        str(one.cores),
        format_number(round(one.per_second)),
        one.wall,
        ", ".join(more) or "one of each",
        *(f"{cores:.1f}" for cores in (roles, one.used_cores[NATS], one.used_cores[POSTGRES])),
    ]


def _beside(measured_ms: float, model_ms: float) -> str:
    return f"{measured_ms:.1f} / {model_ms:.1f}"


def _sum(point: Point, names: Sequence[str]) -> float:
    return sum(point.cpu_ms.get(name, 0.0) for name in names)
