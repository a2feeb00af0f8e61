"""The desk concludes from what models say of a signal, and submits what a policy follows."""

from actors.desk.actors import conclude_signal
from actors.desk.ports import open_ports

__all__ = ["conclude_signal", "open_ports"]
