"""The venue for paper trading: it swaps against pool snapshots, and nothing reaches a chain."""

from actors.venues.simulated.behaviour import SimulationSettings
from actors.venues.simulated.venue import SimulatedVenue
from tradewind.trading.cores.behaviour import Behaviour

__all__ = ["Behaviour", "SimulatedVenue", "SimulationSettings"]
