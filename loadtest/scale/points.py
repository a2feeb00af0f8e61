"""What is measured of a platform, from which the model is made; kept as JSON."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from loadtest.bench.report import RESULTS_DIRECTORY

KEPT: Final = RESULTS_DIRECTORY / "scale.json"
"""The committed points, from which the tables of docs/CAPACITY.md were made."""


class Point(NamedTuple):
    """Paper flows at one rate."""

    per_second: float
    cpu_ms: Mapping[str, float]
    """Milliseconds of CPU a flow by process, with what it uses at rest taken off."""

    @property
    def all_ms(self) -> float:
        """The CPU of all processes a flow."""
        return sum(self.cpu_ms.values())


class Replicated(NamedTuple):
    """Paper flows with further replicas of the roles that they pass."""

    replicas: int
    point: Point
    further: Mapping[str, float]
    """The part of each role's CPU that its further replicas used, the platform's own left out."""


class Publishing(NamedTuple):
    """What a durable publish takes of a broker, or of three."""

    alone_ms: float
    """Wall time of one after the other, p50."""
    stored_ms: float
    """Wall time a message while 256 are in flight, of the best of some rounds.

    A stream stores one message after the other. What else runs on a machine only makes it longer.
    """
    broker_us: float
    """CPU of all brokers a message, while 256 are in flight."""


class Append(NamedTuple):
    """One batch, from the lock on the writer row to the commit."""

    events: int
    held_ms: float
    """Wall time, median; no other batch is appended meanwhile."""


class Measured(NamedTuple):
    """Everything that the model needs."""

    date: str
    revision: str
    idle_cores: Mapping[str, float]
    """Cores that each process uses at rest."""
    points: Sequence[Point]
    """By rate, the lowest first."""
    burst: Point
    """All flows at once; the rate is that of their ends. Batches are as large as they get here."""
    replicated: Replicated | None
    """What tells whether the model is right about replicas; it is not made of it."""
    messages_a_flow: float
    """Messages of the EVENTS stream, each an event of the ledger."""
    backlog_us: Mapping[str, float]
    """CPU of a writer and its servers an event, from a backlog: batches as large as allowed."""
    fsync_ms: float
    """A record of the size of an event written and synced, p50."""
    one_broker: Publishing
    three_brokers: Publishing | None
    appends: Sequence[Append]
    commits_a_flow: float
    """Transactions in PostgreSQL a flow, at the highest rate, with those of what is at rest."""


def write(measured: Measured, path: Path) -> None:
    """Keep what was measured."""
    path.parent.mkdir(parents=True, exist_ok=True)
    three, replicated = measured.three_brokers, measured.replicated
    document = measured._asdict() | {
        "points": [one._asdict() for one in measured.points],
        "burst": measured.burst._asdict(),
        "replicated": replicated and replicated._asdict() | {"point": replicated.point._asdict()},
        "appends": [one._asdict() for one in measured.appends],
        "one_broker": measured.one_broker._asdict(),
        "three_brokers": three._asdict() if three else None,
    }
    path.write_text(json.dumps(_rounded(document), indent=2, ensure_ascii=False) + "\n")


def read(path: Path) -> Measured:
    """Return what was kept; KeyError or TypeError where the file is of another kind."""
    document: dict[str, Any] = json.loads(path.read_bytes())
    three, replicated = document["three_brokers"], document["replicated"]
    return Measured(
        **document
        | {
            "points": [Point(**one) for one in document["points"]],
            "burst": Point(**document["burst"]),
            "replicated": replicated
            and Replicated(**replicated | {"point": Point(**replicated["point"])}),
            "appends": [Append(**one) for one in document["appends"]],
            "one_broker": Publishing(**document["one_broker"]),
            "three_brokers": Publishing(**three) if three else None,
        }
    )


def _rounded(value: Any) -> Any:
    match value:
        case float():
            return round(value, 4)
        case dict():
            return {name: _rounded(one) for name, one in value.items()}
        case list():
            return [_rounded(one) for one in value]
        case _:
            return value
