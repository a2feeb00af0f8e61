"""The coordinator: the single writer of the ledger and of the read models (design section 6)."""

from actors.coordinator.loop import run

__all__ = ["run"]
