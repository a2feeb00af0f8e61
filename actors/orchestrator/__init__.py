"""Orchestrator: has a plan's swap executed by a venue, once, and reports what became of it."""

from actors.orchestrator.actors import broadcast_step, follow_step, submit_plan
from actors.orchestrator.ports import open_ports

__all__ = ["broadcast_step", "follow_step", "open_ports", "submit_plan"]
