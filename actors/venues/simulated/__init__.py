"""A venue that swaps against the snapshots of the market and settles in a table."""

from actors.venues.simulated.behaviour import Behaviour, SimulationSettings
from actors.venues.simulated.venue import SimulatedVenue

__all__ = ["Behaviour", "SimulatedVenue", "SimulationSettings"]
