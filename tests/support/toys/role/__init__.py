"""The toy role: two queue groups, one of them ordered."""

from tests.support.toys.role.actors import answer_call, close_call
from tests.support.toys.role.ports import open_ports

__all__ = ["answer_call", "close_call", "open_ports"]
