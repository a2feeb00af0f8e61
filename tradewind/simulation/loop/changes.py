"""The portfolio over the steps of a slice: from which step on there was how much of what."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np

from tradewind.simulation.inputs import FloatColumn, IntColumn


class Change(NamedTuple):
    """The portfolio from a step on."""

    step: int
    cash: int
    positions: tuple[int, ...]


type Exact = tuple[list[int], list[list[int]]]
"""Cash, and the positions of each instrument, in base units."""


class ChangePart(Protocol):
    """Some changes, of which all are needed as floats and few exactly."""

    @property
    def steps(self) -> IntColumn:
        """Ascending."""
        ...

    @property
    def cash(self) -> FloatColumn:
        """Base units of quote."""
        ...

    @property
    def positions(self) -> Sequence[FloatColumn]:
        """Base units of each instrument."""
        ...

    def exact(self, places: IntColumn) -> Exact:
        """Return some of them, exactly."""
        ...


class ListedChanges:
    """Implements `ChangePart`."""

    def __init__(self, changes: Sequence[Change]) -> None:
        count = len(changes)
        self._changes = changes
        self.steps = np.fromiter((one.step for one in changes), np.int64, count)
        self.cash = np.fromiter((float(one.cash) for one in changes), np.float64, count)
        held = zip(*(one.positions for one in changes), strict=True)
        self.positions = [np.array([float(one) for one in column]) for column in held]

    def exact(self, places: IntColumn) -> Exact:
        """Return some of them."""
        found = [self._changes[place] for place in places.tolist()]
        held = [[one.positions[index] for one in found] for index in range(len(self.positions))]
        return [one.cash for one in found], held


class Changes:
    """All changes of a slice; of those of one step the last holds."""

    def __init__(self, parts: Sequence[ChangePart]) -> None:
        self._parts = parts
        self._firsts = np.cumsum([0, *(len(one.steps) for one in parts)])
        self.steps = np.concatenate([one.steps for one in parts])
        self.cash = np.concatenate([one.cash for one in parts])
        columns = zip(*(one.positions for one in parts), strict=True)
        self.positions = [np.concatenate(column) for column in columns]

    def exact(self, steps: IntColumn) -> Exact:
        """Return what there is at some steps, ascending."""
        places = self.steps.searchsorted(steps, side="right") - 1
        edges = places.searchsorted(self._firsts).tolist()
        cash: list[int] = []
        held: list[list[int]] = [[] for _ in self.positions]
        for part, (first, begin, end) in zip(
            self._parts, zip(self._firsts.tolist(), edges, edges[1:], strict=False), strict=True
        ):
            if begin == end:
                continue
            its_cash, its_held = part.exact(places[begin:end] - first)
            cash += its_cash
            for known, more in zip(held, its_held, strict=True):
                known += more
        return cash, held

    def over(self, first: int, end: int) -> IntColumn:
        """Return how many of the steps from `first` to before `end` each change holds for."""
        edges = np.append(np.clip(self.steps, first, end), end)
        return np.diff(edges)
