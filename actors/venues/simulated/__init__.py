"""The venue for paper trading: it swaps against pool snapshots, and nothing reaches a chain."""

from actors.venues.simulated.behaviour import Behaviour, SimulationSettings
from actors.venues.simulated.venue import SimulatedVenue

__all__ = ["Behaviour", "SimulatedVenue", "SimulationSettings"]
