"""Starts the servers that Tradewind needs, on free ports of loopback, and stops them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tradewind.contracts.roles import ServerName
from tradewind.operations.access.addresses import address_for
from tradewind.operations.access.credentials import Credentials, load_credentials
from tradewind.operations.access.identities import Identity
from tradewind.operations.embedded.nats_server import NatsServer
from tradewind.operations.embedded.postgres_server import PostgresServer
from tradewind.operations.embedded.redis_server import RedisServer
from tradewind.operations.processes.lock import data_directory_lock
from tradewind.operations.processes.ports import choose_ports
from tradewind.operations.processes.process import ServiceProcess
from tradewind.operations.processes.service import Server

LOGS_DIRECTORY: Final = "logs"
KINDS: Final[Mapping[ServerName, Callable[[Path, int, Path, Credentials], Server]]] = {
    "nats": NatsServer,
    "redis": RedisServer,
    "postgres": PostgresServer,
}
"""Constructors by server, from directory, port, log and passwords; the slowest comes last."""

type ServerProcess = ServiceProcess[Server]


class Servers:
    """The running servers. Their addresses contain passwords and must not be printed."""

    def __init__(self, processes: Mapping[str, ServerProcess], credentials: Credentials) -> None:
        self.processes = processes
        self.credentials = credentials

    @property
    def nats_url(self) -> str:
        """The administrator's address of nats-server: nats://…"""
        return self.url("nats")

    @property
    def postgres_dsn(self) -> str:
        """The administrator's address of the database `tradewind`: postgresql://…"""
        return self.url("postgres")

    @property
    def redis_url(self) -> str:
        """The administrator's address of Valkey: redis://…"""
        return self.url("redis")

    def url(self, name: ServerName, identity: Identity = Identity.ADMINISTRATOR) -> str:
        """Return the address of a server for an identity; a bare one when it cannot log in."""
        address = self.processes[name].service.address
        return address_for(name, address, identity, self.credentials)


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
        credentials = load_credentials(directory)
        ports = choose_ports(directory, tuple(names))
        servers = [
            make(directory / name, ports[name], logs / f"{name}.log", credentials)
            for name, make in KINDS.items()
            if name in names
        ]
        processes = {server.name: ServiceProcess(server, [lock]) for server in servers}
        try:
            for process in processes.values():
                process.start()
            for process in processes.values():
                process.wait_ready()
            yield Servers(processes, credentials)
        finally:
            for process in reversed(processes.values()):
                process.stop()
