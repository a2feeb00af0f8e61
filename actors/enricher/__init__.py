"""The enricher puts a signal beside the market, or rejects it; it judges nothing."""

from actors.enricher.actors import enrich_signal
from actors.enricher.ports import open_ports

__all__ = ["enrich_signal", "open_ports"]
