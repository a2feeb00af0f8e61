"""The shape every server module has: what it runs, where it listens, when it is ready."""

import signal
import socket
from pathlib import Path
from typing import Protocol

from tradewind.embedded.child import User
from tradewind.embedded.ports import LOOPBACK

PROBE_TIMEOUT_SECONDS = 1.0


class Server(Protocol):
    """One server of the embedded stack, configured for one data directory and port."""

    @property
    def name(self) -> str:
        """Short name, also the name of its log."""

    @property
    def url(self) -> str:
        """Address for clients."""

    @property
    def stop_signal(self) -> signal.Signals:
        """Signal for a clean and quick stop, also sent when the parent dies."""

    @property
    def user(self) -> User | None:
        """Whom it runs as; None for the current user."""

    def prepare(self, log_path: Path) -> None:
        """Write its configuration and create its files when they are missing. Blocks."""

    def command(self) -> list[str]:
        """Return the program and its arguments."""

    def is_ready(self, pid: int) -> bool:
        """Return whether the process with this pid answers clients."""


def exchange(port: int, request: bytes) -> bytes:
    """Send a request to a port on loopback and return the first bytes of the answer."""
    try:
        with socket.create_connection((LOOPBACK, port), PROBE_TIMEOUT_SECONDS) as connection:
            if request:
                connection.sendall(request)
            return connection.recv(4_096)
    except OSError:
        return b""
