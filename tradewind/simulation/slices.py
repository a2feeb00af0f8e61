"""Cuts a run into slices by counts alone, so that a slice done again has the same bytes."""

from typing import NamedTuple

from tradewind.contracts.backtests.model import (
    MAX_SLICES,
    SLICE_BARS,
    SLICE_DECISIONS,
    Manifest,
    RecordedFlows,
)


class Slice(NamedTuple):
    """Some steps of a run: bars, or decisions where flows were recorded."""

    number: int
    """From 1."""
    first_bar: int
    """From 0."""
    bars: int

    @property
    def end_bar(self) -> int:
        """The first bar after it."""
        return self.first_bar + self.bars


def slices_of(manifest: Manifest) -> tuple[Slice, ...]:
    """Return the slices of a run, always cut the same way; an empty run has one without bars.

    `bars_total` counts steps: distinct opening times over all instruments, or flows. A step of
    several instruments is as much work as that many bars, so their slices are shorter.
    """
    total, run = manifest.bars_total, manifest.run
    if isinstance(run.strategy, RecordedFlows):
        wanted = SLICE_DECISIONS
    else:
        wanted = max(SLICE_BARS // len(run.instruments), 1)
    length = max(wanted, -(-total // MAX_SLICES))
    firsts = range(0, max(total, 1), length)
    return tuple(
        Slice(number, first, min(length, total - first)) for number, first in enumerate(firsts, 1)
    )
