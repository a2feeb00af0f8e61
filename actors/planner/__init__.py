"""The planner turns an accepted intent into one swap by the best route; it executes nothing."""

from actors.planner.actors import plan_intent
from actors.planner.preview import open_ports

__all__ = ["open_ports", "plan_intent"]
