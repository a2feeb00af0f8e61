"""Fits what an intent costs each process, and says where it ends.

A process on one core carries intents until its CPU is used up: `idle + rate · cost = 1`. The
machine carries them until all its cores are. Stages in which the platform fell behind tell nothing
of the cost, so they are left out.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

KEPT_UP: Final = 0.95
"""A stage kept up when at least this part of what was asked for was done in it."""
LEAST_COST_SECONDS: Final = 1e-9
LEAST_SPREAD: Final = 1.5
"""Rates that are closer together show noise."""


class Measured(NamedTuple):
    """One stage: intents a second asked for and done, and cores used by each process."""

    asked_per_second: float
    done_per_second: float
    cores: Mapping[str, float]

    @property
    def kept_up(self) -> bool:
        return self.done_per_second >= KEPT_UP * self.asked_per_second


class Cost(NamedTuple):
    """What a process uses: cores at rest, and CPU seconds an intent."""

    idle_cores: float
    seconds_an_intent: float

    @property
    def limit_per_second(self) -> float:
        """How many intents a second fill one core with this process."""
        return max(0.0, 1 - self.idle_cores) / max(self.seconds_an_intent, LEAST_COST_SECONDS)


def fit(stages: Sequence[Measured]) -> dict[str, Cost]:
    """Return the cost of each process, dearest first; ValueError where the rates do not tell it."""
    kept = [stage for stage in stages if stage.kept_up]
    rates = [stage.done_per_second for stage in kept]
    if not rates or max(rates) < LEAST_SPREAD * min(rates):
        raise ValueError("a cost needs stages of different rates that kept up")
    names = {name for stage in kept for name in stage.cores}
    costs = {
        name: _line([(stage.done_per_second, stage.cores.get(name, 0.0)) for stage in kept])
        for name in names
    }
    return dict(sorted(costs.items(), key=lambda one: -one[1].seconds_an_intent))


def machine_limit_per_second(costs: Mapping[str, Cost], cores: int) -> float:
    """Return how many intents a second use up all cores, if nothing else does first."""
    idle = sum(cost.idle_cores for cost in costs.values())
    seconds = sum(cost.seconds_an_intent for cost in costs.values())
    return max(0.0, cores - idle) / max(seconds, LEAST_COST_SECONDS)


def _line(points: Sequence[tuple[float, float]]) -> Cost:
    """Return the line of least squares through (rate, cores); neither part is below zero."""
    count = len(points)
    mean_rate = sum(rate for rate, _ in points) / count
    mean_cores = sum(cores for _, cores in points) / count
    spread = sum((rate - mean_rate) ** 2 for rate, _ in points)
    slope = sum((rate - mean_rate) * (cores - mean_cores) for rate, cores in points) / spread
    slope = max(0.0, slope)
    return Cost(max(0.0, mean_cores - slope * mean_rate), slope)
