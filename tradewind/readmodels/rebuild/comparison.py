"""What a pass over the ledger found."""

from collections.abc import Iterable
from typing import Final

MAX_KEYS: Final = 1_000
"""Keys a tally names; it counts the others."""


class Tally:
    """Keys something is wrong with: how many, and the first of them."""

    def __init__(self) -> None:
        self.count = 0
        self.keys: list[str] = []

    def add(self, keys: Iterable[str]) -> None:
        """Count keys."""
        for key in keys:
            self.count += 1
            if len(self.keys) < MAX_KEYS:
                self.keys.append(key)

    def merge(self, other: "Tally") -> None:
        """Count what another tally counts."""
        self.count += other.count
        self.keys += other.keys[: MAX_KEYS - len(self.keys)]


class Comparison:
    """What was compared, and what was not as the ledger says."""

    def __init__(self) -> None:
        self.events = 0
        """Of histories that have documents."""
        self.documents = 0
        self.different = Tally()
        """Documents with other bytes, missing ones included."""
        self.unknown = Tally()
        """Documents and indexes the ledger knows nothing of."""
        self.misplaced = Tally()
        """Documents an index lists that it should not, or should list and does not."""

        self.peak_memory_mebibytes = 0.0
        """Of the processes that compared, together."""
        self.cpu_seconds = 0.0
        """Of the same, from their start."""

    @property
    def wrong(self) -> int:
        """How many things are not as the ledger says."""
        return self.different.count + self.unknown.count + self.misplaced.count

    @property
    def is_identical(self) -> bool:
        """Whether every byte is as it has to be."""
        return not self.wrong

    def merge(self, other: "Comparison") -> None:
        """Add what was found in another part."""
        self.events += other.events
        self.documents += other.documents
        self.different.merge(other.different)
        self.unknown.merge(other.unknown)
        self.misplaced.merge(other.misplaced)
        self.peak_memory_mebibytes += other.peak_memory_mebibytes
        self.cpu_seconds += other.cpu_seconds
