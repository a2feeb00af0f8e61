"""The measures that budgets are multiples of, because machines differ threefold."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from loadtest.bench.percentiles import median

UNIT_SECONDS: Final[Mapping[str, float]] = {"s": 1.0, "ms": 1e-3, "µs": 1e-6}
"""The units whose values can be told as a multiple of a reference."""


class Reference(StrEnum):
    """A piece of work whose duration tells how fast the machine is; the value is its symbol."""

    MESSAGE = "R"
    PUBLISH = "P"
    FSYNC = "F"
    PYTHON = "S"

    @property
    def meaning(self) -> str:
        return _MEANINGS[self][0]

    @property
    def unit(self) -> str:
        return _MEANINGS[self][1]


_MEANINGS: Final = {
    Reference.MESSAGE: ("CPU a message, raw nats-py loop that parses the event", "µs"),
    Reference.PUBLISH: ("one durable publish, p50", "ms"),
    Reference.FSYNC: ("one fsync of 4 KiB, p50", "ms"),
    Reference.PYTHON: ("CPU of a fixed loop of pure Python", "ms"),
}


class Measured(NamedTuple):
    """What a reference took in this run, in seconds."""

    middle: float
    least: float
    most: float
    samples: int


class References:
    """Samples of every reference, taken all through a run, so that no row meets a lucky moment."""

    def __init__(self) -> None:
        self._samples: dict[Reference, list[float]] = defaultdict(list)

    def add(self, reference: Reference, seconds: float) -> None:
        """Add one sample."""
        self._samples[reference].append(seconds)

    def measured(self, reference: Reference) -> Measured | None:
        """Return the median and the range of the samples; None when there are none."""
        samples: Sequence[float] = self._samples[reference]
        if not samples:
            return None
        return Measured(median(samples), min(samples), max(samples), len(samples))

    def multiple(self, value: float, unit: str, reference: Reference) -> float | None:
        """Return the value as a multiple of a reference; None where that was not measured."""
        measured = self.measured(reference)
        return None if measured is None else value * UNIT_SECONDS[unit] / measured.middle
