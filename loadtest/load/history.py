"""Reads what Locust wrote about a run, second by second."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

EVENT: Final = "event"
NOTHING: Final = "N/A"


class Moment(NamedTuple):
    """A second of a run, of one kind of request. Counts are totals; times are in milliseconds."""

    time: float
    name: str
    requests: int
    failures: int
    median_ms: float | None
    p99_ms: float | None


def read_history(path: Path) -> list[Moment]:
    """Return the rows of a `_stats_history.csv`, in order."""
    with path.open(newline="") as file:
        return [_moment(row) for row in csv.DictReader(file)]


def within(moments: Sequence[Moment], name: str, start: float, end: float) -> list[Moment]:
    """Return the moments of a kind from `start` to `end`, Unix seconds."""
    return [one for one in moments if one.name == name and start <= one.time <= end]


def p95_by_name(path: Path) -> dict[str, float]:
    """Return the 95th percentile in milliseconds of each kind of request of a `_stats.csv`."""
    with path.open(newline="") as file:
        found = {row["Name"]: _milliseconds(row["95%"]) for row in csv.DictReader(file)}
    return {name: value for name, value in found.items() if value is not None}


def failures_by_text(path: Path) -> dict[str, int]:
    """Return how often each error of a `_failures.csv` came."""
    with path.open(newline="") as file:
        return {
            f"{row['Method']} {row['Name']}: {row['Error']}": int(row["Occurrences"])
            for row in csv.DictReader(file)
        }


def _moment(row: dict[str, str]) -> Moment:
    return Moment(
        float(row["Timestamp"]),
        row["Name"],
        int(row["Total Request Count"]),
        int(row["Total Failure Count"]),
        _milliseconds(row["50%"]),
        _milliseconds(row["99%"]),
    )


def _milliseconds(text: str) -> float | None:
    return None if text in (NOTHING, "") else float(text)
