"""The historian writes the timeline, from which everything can be shown as it was."""

from actors.historian.loop import run

__all__ = ["run"]
