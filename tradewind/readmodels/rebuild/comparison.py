"""The result of a comparison pass."""

from collections.abc import Iterable
from typing import Final

MAX_KEYS: Final = 1_000
"""How many keys a tally lists; further ones are only counted."""


class Tally:
    """The number of keys with one kind of fault, and the first of these keys."""

    def __init__(self) -> None:
        self.count = 0
        self.keys: list[str] = []

    def add(self, keys: Iterable[str]) -> None:
        for key in keys:
            self.count += 1
            if len(self.keys) < MAX_KEYS:
                self.keys.append(key)

    def merge(self, other: "Tally") -> None:
        self.count += other.count
        self.keys += other.keys[: MAX_KEYS - len(self.keys)]


class Comparison:
    """Counts of what was compared and of what differed from the ledger."""

    def __init__(self) -> None:
        self.events = 0
        """Events of the histories that have documents."""
        self.documents = 0
        self.different = Tally()
        """Documents whose bytes differ, missing ones included."""
        self.unknown = Tally()
        """Orphans: documents and indexes that no history explains."""
        self.misplaced = Tally()
        """Documents that an index lists wrongly or fails to list."""

        self.peak_memory_mebibytes = 0.0
        """Sum over the processes that compared."""
        self.cpu_seconds = 0.0
        """Sum over the same processes, from their start."""

    @property
    def wrong(self) -> int:
        """The number of all faults found."""
        return self.different.count + self.unknown.count + self.misplaced.count

    @property
    def is_identical(self) -> bool:
        """Whether no fault was found."""
        return not self.wrong

    def merge(self, other: "Comparison") -> None:
        """Add the result of another part."""
        self.events += other.events
        self.documents += other.documents
        self.different.merge(other.different)
        self.unknown.merge(other.unknown)
        self.misplaced.merge(other.misplaced)
        self.peak_memory_mebibytes += other.peak_memory_mebibytes
        self.cpu_seconds += other.cpu_seconds
