"""Fits what a flow costs a process by the rate of flows.

A process that is woken up serves what waits for it. A wake-up costs `alone`, and each flow in it
`together` besides. The more flows a second there are, the more a wake-up serves:

    cost(rate) = together + alone / (1 + rate / doubling)

At the rate `doubling` a wake-up serves twice what it serves at the lowest one. It is the same for
all processes, so that a few points do not fit anything. A cost is never said to be less than what
was measured anywhere.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from loadtest.scale.points import Point

RATES_OF_DOUBLING: Final = tuple(1.15**power for power in range(56))
"""What is tried, in flows a second: 1 to 2,000."""


class Curve(NamedTuple):
    """Milliseconds of CPU that a flow costs a process."""

    together_ms: float
    alone_ms: float
    doubling_per_second: float
    least_ms: float
    """What a flow costs it at least."""

    def at(self, per_second: float) -> float:
        """Return the cost of a flow at a rate."""
        shared = self.alone_ms / (1 + per_second / self.doubling_per_second)
        return max(self.least_ms, self.together_ms + shared)


def fit_curves(points: Sequence[Point], least_ms: Mapping[str, float]) -> dict[str, Curve]:
    """Return the curve of each process, dearest first; ValueError with less than two rates."""
    if len({point.per_second for point in points}) < 2:
        raise ValueError("a curve needs two rates")
    names = {name for point in points for name in point.cpu_ms}
    best, found = float("inf"), dict[str, Curve]()
    for doubling in RATES_OF_DOUBLING:
        curves = {
            name: _fit(
                [(point.per_second, point.cpu_ms.get(name, 0.0)) for point in points],
                doubling,
                least_ms.get(name, 0.0),
            )
            for name in names
        }
        error = sum(
            (sum(curve.at(point.per_second) for curve in curves.values()) / point.all_ms - 1) ** 2
            + sum(
                ((curves[name].at(point.per_second) - ms) / point.all_ms) ** 2
                for name, ms in point.cpu_ms.items()
            )
            for point in points
        )
        if error < best:
            best, found = error, curves
    return dict(sorted(found.items(), key=lambda one: -one[1].at(points[-1].per_second)))


def _fit(samples: Sequence[tuple[float, float]], doubling: float, least_ms: float) -> Curve:
    """Return the curve of least squares of the errors' parts; neither cost is below zero."""
    rows = [(1 / (1 + rate / doubling), ms, 1 / max(ms, 1e-3) ** 2) for rate, ms in samples]
    weights = sum(weight for _, _, weight in rows)
    mean_x = sum(x * weight for x, _, weight in rows) / weights
    mean_ms = sum(ms * weight for _, ms, weight in rows) / weights
    spread = sum(weight * (x - mean_x) ** 2 for x, _, weight in rows)
    alone = sum(weight * (x - mean_x) * (ms - mean_ms) for x, ms, weight in rows) / spread
    if alone < 0:
        return Curve(mean_ms, 0.0, doubling, min(least_ms, mean_ms))
    together = mean_ms - alone * mean_x
    if together < 0:
        squares = sum(weight * x * x for x, _, weight in rows)
        alone = sum(weight * x * ms for x, ms, weight in rows) / squares
        together = 0.0
    return Curve(together, alone, doubling, least_ms)
