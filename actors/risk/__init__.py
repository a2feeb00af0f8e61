"""Risk screens an intent by what it asks for: the first of two stages, which knows no portfolio."""

from actors.risk.actors import assess_intent
from actors.risk.preview import open_ports

__all__ = ["assess_intent", "open_ports"]
