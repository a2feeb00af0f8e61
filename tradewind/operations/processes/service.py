"""The interface of everything that runs as a child process."""

import socket
from pathlib import Path
from typing import Protocol

from tradewind.operations.processes.child import Program
from tradewind.operations.processes.ports import LOOPBACK

PROBE_TIMEOUT_SECONDS = 0.5


class Service(Protocol):
    """A server or a role, configured for one data directory and port."""

    @property
    def name(self) -> str:
        """Short name, for people."""

    @property
    def log_path(self) -> Path | None:
        """The file its output goes to; None for the terminal."""

    def prepare(self) -> None:
        """Write its configuration and create its files when they are missing. Blocks."""

    def program(self) -> Program:
        """Return what to run."""

    def is_ready(self, pid: int) -> bool:
        """Return whether the process with this pid is ready."""


class Server(Service, Protocol):
    """A service that clients connect to."""

    @property
    def directory(self) -> Path:
        """The directory of its files."""

    @property
    def address(self) -> str:
        """Address without a login."""


def exchange(port: int, request: bytes, host: str = LOOPBACK) -> bytes:
    """Send a request; return the start of the answer, empty when there is none."""
    try:
        with socket.create_connection((host, port), PROBE_TIMEOUT_SECONDS) as connection:
            if request:
                connection.sendall(request)
            return connection.recv(4_096)
    except OSError:
        return b""
