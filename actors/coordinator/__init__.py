"""The coordinator writes the ledger and the read models, alone; it decides nothing about trades."""

from actors.coordinator.loop import run

__all__ = ["run"]
