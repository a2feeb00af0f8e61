"""Risk: lets an intent through, or refuses it, by its notional and its slippage."""

from actors.risk.actors import assess_intent
from actors.risk.ports import open_ports

__all__ = ["assess_intent", "open_ports"]
