"""Joins the buckets of an equity curve, so that no peak is lost."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Final

from pydantic import TypeAdapter

from tradewind.contracts.backtests.results import EquityPoint

MIN_POINTS: Final = 10
MAX_POINTS: Final = 5_000
DEFAULT_POINTS: Final = 500
_POINTS: Final = TypeAdapter(tuple[EquityPoint, ...])


def curve_of(slices: Iterable[str]) -> list[EquityPoint]:
    """Return the points of a run's slices, each a JSON array."""
    return [point for text in slices for point in _POINTS.validate_json(text)]


def within(
    points: Sequence[EquityPoint], start: datetime | None, end: datetime | None
) -> list[EquityPoint]:
    """Return the points from a time on, and before another."""
    return [
        one
        for one in points
        if (start is None or one.time >= start) and (end is None or one.time < end)
    ]


def joined(points: Sequence[EquityPoint], most: int) -> list[EquityPoint]:
    """Return at most so many points. Neighbours are joined in groups as equal as can be.

    A group says what its last point says, with the lowest low, the highest high and the deepest
    drawdown of all of them.
    """
    if len(points) <= most:
        return list(points)
    bounds = [number * len(points) // most for number in range(most + 1)]
    return [_one_of(points[first:last]) for first, last in pairwise(bounds)]


def _one_of(group: Sequence[EquityPoint]) -> EquityPoint:
    return group[-1].model_copy(
        update={
            "low": min(one.low for one in group),
            "high": max(one.high for one in group),
            "drawdown": max((one.drawdown for one in group), key=abs),
        }
    )
