"""The orchestrator has venues execute plans and reports the outcome; it plans nothing itself."""

from actors.orchestrator.actors import broadcast_step, follow_step, submit_plan
from actors.orchestrator.ports import open_ports

__all__ = ["broadcast_step", "follow_step", "open_ports", "submit_plan"]
