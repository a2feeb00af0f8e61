"""Bounds the time of a signature."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Window:
    """How old a signature may be, and how far ahead of our clock."""

    back_seconds: float
    ahead_seconds: float

    def includes(self, signed_at: float, now: float) -> bool:
        """Return whether a signature of this time, in Unix seconds, is of now."""
        return now - self.back_seconds <= signed_at < now + self.ahead_seconds
