"""Starts the servers Tradewind needs on free ports of loopback and stops them again."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tradewind.embedded.lock import data_directory_lock
from tradewind.embedded.nats_server import NatsServer
from tradewind.embedded.ports import choose_ports
from tradewind.embedded.postgres_server import PostgresServer
from tradewind.embedded.process import ServiceProcess
from tradewind.embedded.redis_server import RedisServer
from tradewind.embedded.service import Server

LOGS_DIRECTORY: Final = "logs"
KINDS: Final[Mapping[str, Callable[[Path, int, Path], Server]]] = {
    "nats": NatsServer,
    "redis": RedisServer,
    "postgres": PostgresServer,
}
"""Makes a server of its directory, port and log; the slowest to start comes last."""

type ServerProcess = ServiceProcess[Server]


class Servers:
    """The running servers and their addresses."""

    def __init__(self, processes: Mapping[str, ServerProcess]) -> None:
        self.processes = processes

    @property
    def nats_url(self) -> str:
        """Address of nats-server: nats://…"""
        return self.url("nats")

    @property
    def postgres_dsn(self) -> str:
        """Address of the database `tradewind`: postgresql://…"""
        return self.url("postgres")

    @property
    def redis_url(self) -> str:
        """Address of Valkey: redis://…"""
        return self.url("redis")

    def url(self, name: str) -> str:
        """Return the address of a server."""
        return self.processes[name].service.url


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
    with data_directory_lock(directory) as lock:
        ports = choose_ports(directory, tuple(names))
        servers = [
            make(directory / name, ports[name], logs / f"{name}.log")
            for name, make in KINDS.items()
            if name in names
        ]
        processes = {server.name: ServiceProcess(server, [lock]) for server in servers}
        try:
            for process in processes.values():
                process.start()
            for process in processes.values():
                process.wait_ready()
            yield Servers(processes)
        finally:
            for process in reversed(processes.values()):
                process.stop()
