"""Sweeper: sends again what a history stands still on, as it was recorded or accepted."""

from actors.sweeper.loop import run

__all__ = ["run"]
