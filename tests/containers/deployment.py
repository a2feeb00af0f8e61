"""The compose file, run by podman-compose in a copy of its directory with logins of its own."""

import json
import os
import shutil
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from tests.containers.images import PRODUCT, SERVERS
from tests.containers.podman import Podman, PodmanFailed
from tests.support.waiting import block_until
from tradewind import CHECKOUT
from tradewind.contracts.roles import ROLES
from tradewind.operations.access.deployment import write_deployment

PROJECT: Final = "tradewind-test"
OVERRIDE: Final = Path(__file__).with_name("override.yml")
TOOLS: Final = CHECKOUT / ".tools" / "bin"
HEALTH_SECONDS: Final = 2.0
HEALTHY: Final = "healthy"
ADDRESSES: Final = {
    "nats": "nats://nats:4222",
    "postgres": "postgresql://postgres:5432/tradewind",
    "redis": "redis://redis:6379/0",
}


@dataclass
class Deployment:
    """A project of containers."""

    podman: Podman
    directory: Path
    port: int
    _checked: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """The address of the gateway on this machine."""
        return f"http://127.0.0.1:{self.port}"

    def prepare(self) -> None:
        """Copy the compose directory and render logins into it."""
        shutil.copytree(
            CHECKOUT / "compose", self.compose, ignore=shutil.ignore_patterns("run", "__pycache__")
        )
        write_deployment(self.compose / "run", ADDRESSES)  # type: ignore[arg-type]

    @property
    def compose(self) -> Path:
        """The copy of the compose directory."""
        return self.directory / "compose"

    def start(self) -> str:
        """Start everything in order, and return the first key, without which no gateway starts.

        podman-compose cannot wait for what others depend on.
        """
        self.up(*SERVERS)
        self.wait_healthy(list(SERVERS))
        self.up("provision")
        name = f"{PROJECT}_provision_1"
        block_until(lambda: self.inspect(name)["State"]["Status"] == "exited", "provision ended")
        if self.inspect(name)["State"]["ExitCode"]:
            raise PodmanFailed(self.podman.run("logs", name))
        scopes = ("--scope", "read", "--scope", "trade")
        key = self.command("operator", "keys", "create", "first", *scopes)
        self.up(*ROLES)
        self.wait_healthy(list(ROLES))
        return key.strip().splitlines()[-1]

    def up(self, *services: str, scale: str | None = None) -> None:
        """Start what does not run; `scale` says how many of one service, as in `planner=3`."""
        scaled = [] if scale is None else ["--scale", scale]
        self._compose("up", "--detach", "--no-build", "--no-deps", *scaled, *services)

    def command(self, service: str, *arguments: str) -> str:
        """Run a one-shot service and return what it prints."""
        return self._compose(
            "--profile", "commands", "run", "--rm", "--no-deps", "-T", service, *arguments
        )

    def down(self) -> None:
        """Remove the project with its volumes, whatever is left of it."""
        self._compose("down", "--volumes", "--timeout", "1", check=False)

    def containers(self, service: str) -> list[str]:
        """Return the names of a service's containers that run."""
        listed = self.podman.run("ps", "--format", "{{.Names}}").split()
        return sorted(name for name in listed if name.rpartition("_")[0] == f"{PROJECT}_{service}")

    def inspect(self, container: str) -> dict[str, Any]:
        """Return what podman knows of a container."""
        (found,) = json.loads(self.podman.run("inspect", container))
        document: dict[str, Any] = found
        return document

    def health(self, container: str) -> str:
        """Return a container's health by its own check."""
        state = self.inspect(container)["State"]
        return str((state.get("Health") or state.get("Healthcheck") or {}).get("Status", ""))

    def wait_healthy(self, services: Sequence[str]) -> None:
        """Wait until every container of the services is healthy."""
        for service in services:
            block_until(partial(self._is_healthy, service), f"{service} is healthy")

    @contextmanager
    def checking_health(self) -> Iterator[None]:
        """Run every health check in turn while a block runs, which a timer of systemd would do."""
        stopped = threading.Event()

        def check() -> None:
            while not stopped.wait(HEALTH_SECONDS):
                for name in self.podman.run("ps", "--format", "{{.Names}}", check=False).split():
                    if name.startswith(PROJECT):
                        self.podman.run("healthcheck", "run", name, check=False)

        thread = threading.Thread(target=check)
        thread.start()
        try:
            yield
        finally:
            stopped.set()
            thread.join()

    def kill(self, container: str) -> None:
        """Kill -9 of a container."""
        self.podman.run("kill", "--signal", "KILL", container)

    def stop(self, container: str) -> tuple[float, int]:
        """Stop a container within its grace period; return the seconds, and its exit code."""
        began = time.monotonic()
        self.podman.run("stop", container)
        return time.monotonic() - began, int(self.inspect(container)["State"]["ExitCode"])

    def _is_healthy(self, service: str) -> bool:
        names = self.containers(service)
        return bool(names) and all(self.health(name) == HEALTHY for name in names)

    def _compose(self, *arguments: str, check: bool = True) -> str:
        files = ["--file", "docker-compose.yml", "--file", str(OVERRIDE)]
        command = [str(TOOLS / "podman-compose"), "--project-name", PROJECT, *files, *arguments]
        variables = {
            "TRADEWIND_IMAGE": PRODUCT,
            "TRADEWIND_GATEWAY_PORT": str(self.port),
            "TIMESCALEDB_IMAGE": SERVERS["postgres"],
            "NATS_IMAGE": SERVERS["nats"],
            "REDIS_IMAGE": SERVERS["redis"],
        }
        settings = [f"{name}={value}" for name, value in variables.items()]
        return self.podman.call(["env", *settings, *command], check=check, directory=self.compose)


def in_a_mount_namespace() -> bool:
    """Return whether this process has left the machine's mounts, which `make` does for it."""
    return os.readlink("/proc/self/ns/mnt") != os.readlink(f"/proc/{os.getppid()}/ns/mnt")
