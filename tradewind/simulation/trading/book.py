"""The run's own portfolio: cash, positions and lots, first in, first out. Base units only."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

MAX_LOTS: Final = 1_000
"""Of all instruments together, as they travel in an event; the oldest two become one beyond."""
MIN_LOTS: Final = 8


class Sold(NamedTuple):
    """What a sale took out of the lots."""

    cost: int
    """What was paid for them, in base units of quote."""


@dataclass(slots=True)
class Holding:
    """What is held of one instrument."""

    position: int = 0
    """Base units of base."""
    lots: deque[tuple[int, int]] = field(default_factory=deque)
    """Amount and cost of each, oldest first; a lot's cost includes fee and gas."""

    def buy(self, amount: int, cost: int, max_lots: int) -> None:
        """Add a lot."""
        self.position += amount
        self.lots.append((amount, cost))
        while len(self.lots) > max_lots:
            first, second = self.lots.popleft(), self.lots.popleft()
            self.lots.appendleft((first[0] + second[0], first[1] + second[1]))

    def sell(self, amount: int) -> int:
        """Take an amount out of the oldest lots and return what they had cost."""
        self.position -= amount
        cost, left = 0, amount
        while left and self.lots:
            held, paid = self.lots[0]
            if held <= left:
                self.lots.popleft()
                cost, left = cost + paid, left - held
                continue
            part = paid * left // held
            self.lots[0] = (held - left, paid - part)
            cost, left = cost + part, 0
        return cost


@dataclass(slots=True)
class Book:
    """Cash in base units of quote, and the holdings in the order of the run's instruments.

    Cash is below zero by the gas that reverts or sales cost while there was none.
    """

    cash: int
    holdings: Sequence[Holding]

    max_lots: int = field(init=False)
    """How many lots an instrument may have."""

    def __post_init__(self) -> None:
        """Share the lots among the holdings."""
        self.max_lots = max(MIN_LOTS, MAX_LOTS // max(len(self.holdings), 1))
