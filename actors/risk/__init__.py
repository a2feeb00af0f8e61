"""Risk approves or rejects an intent by its notional and slippage; it plans nothing."""

from actors.risk.actors import assess_intent
from actors.risk.preview import open_ports

__all__ = ["assess_intent", "open_ports"]
