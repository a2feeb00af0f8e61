"""The sweeper republishes what stalled histories wait for, and registers declared instruments."""

from actors.sweeper.loop import run

__all__ = ["run"]
