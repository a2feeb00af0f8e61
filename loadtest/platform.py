"""Starts a whole platform with `tradewind up` on free ports, and stops it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

import httpx2

from tradewind.operations.processes.child import Program, spawn

SIMULATED: Final = {"PLATFORM_MOCK_CHAIN": "true"}
"""Environment of a platform without a chain."""
CROWDED: Final = {**SIMULATED, "TRADEWIND_STREAM_CLIENTS_PER_ADDRESS": "0"}
"""Environment of one that many WebSocket clients of this machine may use."""
REPOSITORY: Final = Path(__file__).parent.parent
RUNTIME_FILE: Final = "platform.json"
READY_TIMEOUT_SECONDS: Final = 180.0
STOP_TIMEOUT_SECONDS: Final = 20.0
_POLL_SECONDS = 0.02


class PlatformFailed(Exception):
    """The platform did not come up; the message ends with what it printed last."""


class Platform(NamedTuple):
    """Addresses of a running platform."""

    url: str
    nats_url: str
    postgres_dsn: str
    redis_url: str
    data_directory: Path

    @classmethod
    def from_status(cls, status: Mapping[str, Any], data_directory: Path) -> Self:
        """Read what `tradewind status --json` prints."""
        return cls(
            status["gateway"]["url"],
            status["nats"]["url"],
            status["postgres"]["dsn"],
            status["redis"]["url"],
            data_directory,
        )

    def role_pids(self, role: str) -> list[int]:
        """Return the process ids of a role at this moment."""
        return [entry["pid"] for entry in self._status()["roles"] if entry["role"] == role]

    def server_pid(self, name: str) -> int:
        """Return the process id of nats, postgres or redis at this moment."""
        servers = self._status()["servers"]
        return next(int(entry["pid"]) for entry in servers if entry["name"] == name)

    def pids(self) -> dict[str, int]:
        """Return the process id of every role and server, by name."""
        status = self._status()
        roles = {entry["role"]: entry["pid"] for entry in status["roles"]}
        return roles | {entry["name"]: entry["pid"] for entry in status["servers"]}

    def node_url(self) -> str:
        """Return the address of the platform's own node; KeyError when it has no chain."""
        return str(self._status()["chain"]["rpc"])

    def metrics_urls(self, role: str) -> list[str]:
        """Return the metrics URL of each process of a role."""
        return [entry["metrics_url"] for entry in self._status()["roles"] if entry["role"] == role]

    def _status(self) -> dict[str, Any]:
        status: dict[str, Any] = json.loads((self.data_directory / RUNTIME_FILE).read_bytes())
        return status


@contextmanager
def running_platform(
    data_directory: Path, environment: Mapping[str, str] | None = None
) -> Iterator[Platform]:
    """Run `tradewind up` until the block ends; PlatformFailed when it does not get ready."""
    log = data_directory.parent / f"{data_directory.name}.log"
    settings = _clean_environment() | dict(environment or {})
    process = spawn(Program(_command(data_directory), log, environment=settings))
    try:
        yield _wait_ready(process, data_directory, log)
    finally:
        _stop(process)


def _command(data_directory: Path) -> list[str]:
    executable = Path(sys.executable).with_name("tradewind")
    return [str(executable), "up", "--data-dir", str(data_directory), "--port", "0"]


def _clean_environment() -> dict[str, str]:
    """Return the environment without the variables that a developer's shell may have set."""
    return {name: value for name, value in os.environ.items() if not name.startswith("TRADEWIND_")}


def _wait_ready(process: subprocess.Popen[bytes], data_directory: Path, log: Path) -> Platform:
    deadline = time.monotonic() + READY_TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        if platform := _read_runtime_file(data_directory, process.pid):
            _wait_answering(platform.url, deadline)
            return platform
        time.sleep(_POLL_SECONDS)
    raise PlatformFailed(f"the platform did not get ready: {log.read_text()[-2000:]}")


def _read_runtime_file(data_directory: Path, pid: int) -> Platform | None:
    try:
        status = json.loads((data_directory / RUNTIME_FILE).read_bytes())
    except FileNotFoundError:
        return None
    if status["pid"] != pid or not status["gateway"].get("url"):
        return None
    return Platform.from_status(status, data_directory)


def _wait_answering(url: str, deadline: float) -> None:
    with httpx2.Client(base_url=url) as client:
        while time.monotonic() < deadline:
            try:
                if client.get("/ready").is_success:
                    return
            except httpx2.TransportError:
                pass
            time.sleep(_POLL_SECONDS)
    raise PlatformFailed(f"{url}/ready did not say ready in {READY_TIMEOUT_SECONDS:.0f} s")


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
