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

    def at(self, place: int) -> Change:
        """Return one of them, exactly."""
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

    def at(self, place: int) -> Change:
        """Return one of them."""
        return self._changes[place]


class Changes:
    """All changes of a slice; of those of one step the last holds."""

    def __init__(self, parts: Sequence[ChangePart]) -> None:
        self._parts = parts
        self._firsts = np.cumsum([0, *(len(one.steps) for one in parts)])
        self.steps = np.concatenate([one.steps for one in parts])
        self.cash = np.concatenate([one.cash for one in parts])
        columns = zip(*(one.positions for one in parts), strict=True)
        self.positions = [np.concatenate(column) for column in columns]

    def places(self, steps: IntColumn) -> list[int]:
        """Return which change holds at each of some steps."""
        found: list[int] = (self.steps.searchsorted(steps, side="right") - 1).tolist()
        return found

    def over(self, first: int, end: int) -> IntColumn:
        """Return how many of the steps from `first` to before `end` each change holds for."""
        edges = np.append(np.clip(self.steps, first, end), end)
        return np.diff(edges)

    def at(self, place: int) -> Change:
        """Return a change, exactly."""
        part = int(self._firsts.searchsorted(place, side="right")) - 1
        return self._parts[part].at(place - int(self._firsts[part]))
