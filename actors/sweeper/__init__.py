"""The sweeper republishes what stalled histories wait for; it makes no event of its own."""

from actors.sweeper.loop import run

__all__ = ["run"]
