"""A role as a child process: `python -m actors ROLE…` or `python -m gateway`."""

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tradewind.operations.processes.child import Program
from tradewind.operations.processes.ports import LOOPBACK
from tradewind.operations.processes.service import exchange

LOG_FILE_VARIABLE: Final = "TRADEWIND_LOG_FILE"
READY_STATUS: Final = b" 200 "
STATUS_LINE_BYTES: Final = 16


@dataclass(frozen=True)
class RoleService:
    """One process of a role. `environment` is added to our own."""

    name: str
    arguments: Sequence[str]
    """The module and its arguments, after `python -m`."""
    port: int
    """The port of its HTTP server; 0 when it has none."""
    host: str = LOOPBACK
    log_path: Path | None = None
    ready_path: str = "/metrics"
    environment: Mapping[str, str] = field(default_factory=dict)
    metrics_port: int = 0
    """The port of its `/metrics` and `/ready`; 0 when it serves none."""

    @property
    def url(self) -> str:
        """Address of its HTTP server."""
        return _url(self.host, self.port)

    @property
    def operations_url(self) -> str:
        """Address of what monitoring asks."""
        return _url(LOOPBACK, self.metrics_port)

    def prepare(self) -> None:
        """Do nothing: a role has no files of its own."""

    def program(self) -> Program:
        """Return the command. It may be killed with its parent: its messages are redelivered."""
        return Program(
            [sys.executable, "-m", *self.arguments],
            self.log_path,
            stop_signal=signal.SIGTERM,
            death_signal=signal.SIGKILL,
            environment=os.environ | dict(self.environment) | self._log_environment(),
            opens_log=True,
        )

    def _log_environment(self) -> dict[str, str]:
        """A role opens its log itself, so that it can begin another one."""
        return {} if self.log_path is None else {LOG_FILE_VARIABLE: str(self.log_path)}

    def is_ready(self, pid: int) -> bool:
        """Return whether its HTTP server answers; True when it has none."""
        if not self.port:
            return True
        request = f"GET {self.ready_path} HTTP/1.0\r\nHost: {self.host}\r\n\r\n"
        answer = exchange(self.port, request.encode(), self.host)
        return READY_STATUS in answer[:STATUS_LINE_BYTES]


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
