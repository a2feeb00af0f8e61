"""Starts the servers Tradewind needs on free ports of loopback and stops them again."""

import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

from tradewind.embedded import child
from tradewind.embedded.child import Program, log_tail, spawn
from tradewind.embedded.errors import ServerError
from tradewind.embedded.lock import data_directory_lock
from tradewind.embedded.nats_server import NatsServer
from tradewind.embedded.ports import choose_ports
from tradewind.embedded.postgres_server import PostgresServer
from tradewind.embedded.redis_server import RedisServer
from tradewind.embedded.server import Server

START_TIMEOUT_SECONDS: Final = 60.0
STOP_TIMEOUT_SECONDS: Final = 10.0
POLL_SECONDS: Final = 0.01
RETRY_SECONDS: Final = 0.2
MAX_START_ATTEMPTS: Final = 10
LOGS_DIRECTORY: Final = "logs"


class ServerKind(Protocol):
    """Makes the server of one kind for a directory and a port."""

    def __call__(self, directory: Path, port: int) -> Server: ...


KINDS: Final[Mapping[str, ServerKind]] = {
    "nats": NatsServer,
    "postgres": PostgresServer,
    "redis": RedisServer,
}
"""Every server by name; those that are up fastest come first except where one takes longest."""


class ServerProcess:
    """A running server that can be killed and restarted on its own port and files."""

    def __init__(self, server: Server, log_path: Path, lock_descriptor: int) -> None:
        self.server = server
        self.log_path = log_path
        self._lock_descriptor = lock_descriptor
        self._process: subprocess.Popen[bytes] | None = None
        self._attempts = 0

    @property
    def name(self) -> str:
        """Name of the server: nats, postgres or redis."""
        return self.server.name

    @property
    def pid(self) -> int:
        """Process id of the latest start."""
        return self._started().pid

    def is_alive(self) -> bool:
        """Return whether the process runs."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the server and return at once; main thread only."""
        self.server.prepare(self.log_path)
        self._process = spawn(
            Program(
                self.server.command(),
                self.log_path,
                self.server.stop_signal,
                self.server.user,
                inherited_fds=(self._lock_descriptor,),
            )
        )

    def is_ready(self) -> bool:
        """Return whether the server answers; ServerError when it ended instead."""
        process = self._started()
        if process.poll() is not None:
            raise ServerError(f"{self.name} did not start: {log_tail(self.log_path)}")
        return self.server.is_ready(process.pid)

    def wait_ready(self) -> None:
        """Wait until the server answers, starting it again when leftovers are still in its way."""
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        attempts = 1
        while True:
            try:
                if self.is_ready():
                    return
            except ServerError:
                if attempts >= MAX_START_ATTEMPTS:
                    raise
                attempts += 1
                time.sleep(RETRY_SECONDS)
                self.start()
            if time.monotonic() > deadline:
                raise ServerError(f"{self.name} is not ready: {log_tail(self.log_path)}")
            time.sleep(POLL_SECONDS)

    def kill(self) -> None:
        """Kill -9 and wait until the process is gone."""
        process = self._started()
        process.kill()
        process.wait()

    def restart(self) -> None:
        """Stop the server when it runs, start it on its port and files, wait until it answers."""
        self.stop()
        self.start()
        self.wait_ready()

    def stop(self) -> None:
        """Stop the server cleanly, by force after a time-out."""
        if self._process is not None:
            child.stop(self._process, self.server.stop_signal, STOP_TIMEOUT_SECONDS)

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError(f"{self.name} was never started")
        return self._process


class Servers:
    """The running servers and their addresses."""

    def __init__(self, processes: Mapping[str, ServerProcess]) -> None:
        self.processes = processes

    @property
    def nats_url(self) -> str:
        """Address of nats-server: nats://…"""
        return self.processes["nats"].server.url

    @property
    def postgres_dsn(self) -> str:
        """Address of the database `tradewind`: postgresql://…"""
        return self.processes["postgres"].server.url

    @property
    def redis_url(self) -> str:
        """Address of Valkey: redis://…"""
        return self.processes["redis"].server.url


@contextmanager
def start_servers(
    data_directory: Path, *, names: Sequence[str] = ("nats", "postgres", "redis")
) -> Iterator[Servers]:
    """Start servers on the files of a data directory and stop them at the end. Main thread only.

    DataDirectoryInUse when another process runs on the directory, ServerError when a server
    does not come up.
    """
    directory = data_directory.resolve()
    logs = directory / LOGS_DIRECTORY
    logs.mkdir(parents=True, exist_ok=True)
    with data_directory_lock(directory) as lock_descriptor:
        ports = choose_ports(directory, tuple(names))
        processes = {
            name: ServerProcess(
                KINDS[name](directory / name, ports[name]), logs / f"{name}.log", lock_descriptor
            )
            for name in sorted(names, key=list(KINDS).index)
        }
        try:
            for process in processes.values():
                process.start()
            for process in processes.values():
                process.wait_ready()
            yield Servers(processes)
        finally:
            for process in reversed(processes.values()):
                process.stop()
