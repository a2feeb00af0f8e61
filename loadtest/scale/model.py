"""Says how many flows a second some cores carry, and where it ends.

Three things end: the cores; a process that does its work in one thread; and what is done one after
the other whatever cores there are, as storing in a stream and appending to the ledger.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from loadtest.scale.curves import Curve, fit_curves
from loadtest.scale.points import Append, Measured, Point
from tradewind.contracts.roles import ROLES, Kind, Role

BUSY: Final = 0.8
"""The part of a core, and of all cores, that may be used before queues grow."""
CORES: Final = (2, 4, 8, 16, 32)
ALL_CORES: Final = "all cores"
STREAM: Final = "EVENTS, one message after the other"
ROW: Final = "writer row, one batch after the other"
SESSIONS: Final = "writer's sessions in PostgreSQL"
NATS: Final = "nats"
POSTGRES: Final = "postgres"
REDIS: Final = "redis"
MANY_CORES: Final = frozenset({NATS, POSTGRES})
"""Servers that use as many cores as there are; what they do in turn is apart."""
LARGEST_BATCH: Final = 500
"""Events that the coordinator appends at once."""
_STEP: Final = 1.01
_MOST_PER_SECOND: Final = 100_000.0


class Change(NamedTuple):
    """What is no longer one."""

    streams: int = 1
    """Streams, or brokers, that share out the events."""
    writers: int = 1
    """Writers that share out the histories, each with a database."""
    is_replicated: bool = False
    """Whether a stream has three replicas."""


AS_IT_IS: Final = Change()


class Wall(NamedTuple):
    """Something that ends by itself, with cores to spare."""

    name: str
    per_second: float
    """Flows a second at `BUSY` of what it can do."""


class Carried(NamedTuple):
    """What a machine carries."""

    cores: int
    per_second: float
    wall: str
    replicas: Mapping[str, int]
    used_cores: Mapping[str, float]
    """By process, all its replicas together."""


class Model(NamedTuple):
    """What flows cost each process by rate, and what is done one after the other."""

    curves: Mapping[str, Curve]
    idle_cores: Mapping[str, float]
    serial_ms: Mapping[str, float]
    """Wall time a flow of what is done one after the other."""

    def used(self, name: str, per_second: float, processes: int) -> float:
        """Return the cores that all processes of a name use.

        Replicas of a role make no flow dearer, which is measured. Writers do, as each has batches
        of its own.
        """
        seen = per_second / processes if name == Role.COORDINATOR else per_second
        idle = processes * self.idle_cores.get(name, 0.0)
        return idle + per_second * self.curves[name].at(seen) / 1e3


def model_of(measured: Measured, change: Change = AS_IT_IS) -> Model:
    """Fit the model; ValueError where there are too few rates."""
    messages = measured.messages_a_flow
    curves = fit_curves(measured.points, least_costs(measured))
    publishing = measured.three_brokers if change.is_replicated else measured.one_broker
    if publishing is None:
        raise ValueError("three brokers were not measured")
    sessions_us = measured.backlog_us.get("writer's sessions", 0.0)
    serial = {
        STREAM: publishing.stored_ms * messages / change.streams,
        ROW: held_ms(measured.appends, LARGEST_BATCH) / LARGEST_BATCH * messages / change.writers,
        SESSIONS: sessions_us / 1e3 * messages / change.writers,
    }
    return Model(curves, measured.idle_cores, serial)


def least_costs(measured: Measured) -> dict[str, float]:
    """Return the least that a flow costs each process: what was measured, and no less.

    The coordinator has a measurement of its own for batches as large as they get.
    """
    points: Sequence[Point] = (*measured.points, measured.burst)
    names = {name for point in points for name in point.cpu_ms}
    least = {name: min(point.cpu_ms.get(name, 0.0) for point in points) for name in names}
    backlog_ms = measured.backlog_us["coordinator"] * measured.messages_a_flow / 1e3
    least[Role.COORDINATOR] = min(least.get(Role.COORDINATOR, backlog_ms), backlog_ms)
    return least


def held_ms(appends: Sequence[Append], events: int) -> float:
    """Return how long a batch holds the writer row, by the line of least squares."""
    count = len(appends)
    mean_events = sum(one.events for one in appends) / count
    mean_ms = sum(one.held_ms for one in appends) / count
    spread = sum((one.events - mean_events) ** 2 for one in appends)
    slope = sum((one.events - mean_events) * (one.held_ms - mean_ms) for one in appends)
    slope = max(0.0, slope / spread) if spread else 0.0
    return max(0.0, mean_ms + slope * (events - mean_events))


def can_be_many(name: str) -> bool:
    """Return whether a role has any number of replicas that share out its work."""
    return name in ROLES and ROLES[name].kind is not Kind.LOOP


def walls(model: Model, writers: int = 1) -> list[Wall]:
    """Return everything that ends by itself, what ends first first."""
    found = [Wall(name, BUSY * 1e3 / ms) for name, ms in model.serial_ms.items() if ms > 0]
    for name in model.curves:
        if not can_be_many(name) and name not in MANY_CORES:
            found.append(Wall(name, _end_of(model, name, _processes(name, writers))))
    return sorted(found, key=lambda wall: wall.per_second)


def carried(model: Model, cores: int, writers: int = 1) -> Carried:
    """Return the highest rate that some cores carry, and what ends it."""
    ends = walls(model, writers)[0]
    rate, wall = 1.0, ALL_CORES
    while rate < _MOST_PER_SECOND:
        if rate * _STEP > ends.per_second:
            wall = ends.name
            break
        if sum(_placed(model, rate * _STEP, writers)[1].values()) > BUSY * cores:
            break
        rate *= _STEP
    replicas, used = _placed(model, rate, writers)
    return Carried(cores, rate, wall, replicas, used)


def _placed(
    model: Model, per_second: float, writers: int
) -> tuple[dict[str, int], dict[str, float]]:
    """Return how many replicas a rate needs, and the cores that each process uses then."""
    replicas = {
        name: _replicas(model, name, per_second) if can_be_many(name) else _processes(name, writers)
        for name in model.curves
    }
    used = {name: model.used(name, per_second, number) for name, number in replicas.items()}
    return replicas, used


def _replicas(model: Model, name: str, per_second: float) -> int:
    """Return the least number of replicas of which none uses more than `BUSY` of a core."""
    replicas = 1
    while model.used(name, per_second, replicas) > BUSY * replicas:
        replicas += 1
    return replicas


def _processes(name: str, writers: int) -> int:
    return writers if name == Role.COORDINATOR else 1


def _end_of(model: Model, name: str, processes: int) -> float:
    """Return the rate at which processes with one thread use `BUSY` of their cores."""
    low, high = 0.0, _MOST_PER_SECOND
    while high - low > 1e-3 * max(high, 1.0):
        middle = (low + high) / 2
        if model.used(name, middle, processes) > BUSY * processes:
            high = middle
        else:
            low = middle
    return low
