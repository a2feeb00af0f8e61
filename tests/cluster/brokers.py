"""Three brokers as processes, with the configuration that the compose file mounts."""

import json
import os
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.support.waiting import wait_until
from tradewind import CHECKOUT
from tradewind.contracts.roles import ServerName
from tradewind.operations.access.addresses import address_for
from tradewind.operations.access.credentials import Credentials, write_secret
from tradewind.operations.access.deployment import render_authorization
from tradewind.operations.access.identities import Identity
from tradewind.operations.embedded.nats_server import find_binary
from tradewind.operations.embedded.servers import LOGS_DIRECTORY, Servers, start_servers
from tradewind.operations.processes.child import Program
from tradewind.operations.processes.ports import LOOPBACK, choose_ports
from tradewind.operations.processes.process import ServiceProcess

CONFIGURATION: Final = CHECKOUT / "compose" / "nats" / "nats-cluster.conf"
BROKERS: Final = ("nats", "nats-2", "nats-3")
"""Their names in the compose file."""
STORES: Final[tuple[ServerName, ...]] = ("postgres", "redis")
ANSWER_SECONDS: Final = 2.0


@dataclass(frozen=True)
class Ports:
    """Where one broker listens: for clients, for the other brokers and for monitoring."""

    clients: int
    routes: int
    monitoring: int


@dataclass(frozen=True)
class ClusterBroker:
    """One of three brokers."""

    name: str
    directory: Path
    ports: dict[str, Ports]
    """The ports of every broker by its name."""
    authorization: str
    log_path: Path

    @property
    def address(self) -> str:
        """Address without a login."""
        return f"nats://{LOOPBACK}:{self.ports[self.name].clients}"

    def prepare(self) -> None:
        """Write the compose file's configuration with other addresses, and the users beside it."""
        self.directory.mkdir(parents=True, exist_ok=True)
        write_secret(self.directory / "users.conf", self.authorization)
        write_secret(self._configuration_path, self._configuration())

    def program(self) -> Program:
        """Return what to run."""
        command = [str(find_binary()), "--config", str(self._configuration_path)]
        environment = os.environ | {"NATS_SERVER_NAME": self.name}
        return Program(command, self.log_path, environment=environment)

    def is_ready(self, pid: int) -> bool:
        """Return whether the broker and everything it keeps is current: what was lost is copied."""
        return self.ask("healthz").get("status") == "ok"

    def ask(self, page: str) -> dict[str, Any]:
        """Return a page of its monitoring; an empty one while it does not answer."""
        url = f"http://{LOOPBACK}:{self.ports[self.name].monitoring}/{page}"
        try:
            with urllib.request.urlopen(url, timeout=ANSWER_SECONDS) as answer:
                document: dict[str, Any] = json.load(answer)
        except (OSError, ValueError):
            return {}
        return document

    @property
    def _configuration_path(self) -> Path:
        return self.directory / "nats-cluster.conf"

    def _configuration(self) -> str:
        """Return the mounted file with addresses on loopback; KeyError when it names none."""
        own, text = self.ports[self.name], CONFIGURATION.read_text()
        changes = {
            "0.0.0.0:4222": f"{LOOPBACK}:{own.clients}",
            "0.0.0.0:6222": f"{LOOPBACK}:{own.routes}",
            "0.0.0.0:8222": f"{LOOPBACK}:{own.monitoring}",
            "store_dir: /data": f"store_dir: {json.dumps(str(self.directory))}",
        } | {
            f"nats-route://{name}:6222": f"nats-route://{LOOPBACK}:{ports.routes}"
            for name, ports in self.ports.items()
        }
        for old, new in changes.items():
            if old not in text:
                raise KeyError(f"{CONFIGURATION} says no {old}")
            text = text.replace(old, new)
        return text


type BrokerProcess = ServiceProcess[ClusterBroker]
type Brokers = dict[str, BrokerProcess]


class ClusterServers(Servers):
    """The stores, and three brokers whose address names all of them."""

    def __init__(self, stores: Servers, brokers: Brokers) -> None:
        super().__init__(stores.processes, stores.credentials)
        self.brokers = brokers

    def url(self, name: ServerName, identity: Identity = Identity.ADMINISTRATOR) -> str:
        """Return the address of a server for an identity; that of NATS lists every broker."""
        if name != "nats":
            return super().url(name, identity)
        return address_of(self.brokers, identity, self.credentials)


def address_of(brokers: Brokers, identity: Identity, credentials: Credentials) -> str:
    """Return the address of these brokers for an identity, separated by commas."""
    addresses = ",".join(one.service.address for one in brokers.values())
    return address_for("nats", addresses, identity, credentials)


@contextmanager
def start_cluster(directory: Path) -> Iterator[ClusterServers]:
    """Run three brokers beside the other servers until the block ends. Main thread only."""
    with (
        start_servers(directory, names=STORES) as stores,
        running_brokers(brokers_in(directory, stores.credentials)) as brokers,
    ):
        for process in brokers.values():
            process.wait_ready()
        yield ClusterServers(stores, brokers)


@contextmanager
def running_brokers(brokers: Brokers) -> Iterator[Brokers]:
    """Start brokers, and stop those that run at the end."""
    try:
        for process in brokers.values():
            process.start()
        yield brokers
    finally:
        for process in brokers.values():
            process.stop()


def brokers_in(directory: Path, credentials: Credentials) -> Brokers:
    """Return three brokers that are not started, with a directory each and their logs beside."""
    root = directory.resolve()
    listeners = [f"{name} {what}" for name in BROKERS for what in ("clients", "routes", "http")]
    chosen = iter(choose_ports(root, tuple(listeners)).values())
    ports = {name: Ports(next(chosen), next(chosen), next(chosen)) for name in BROKERS}
    authorization = render_authorization(credentials)
    logs = root / LOGS_DIRECTORY
    logs.mkdir(exist_ok=True)
    return {
        name: ServiceProcess(
            ClusterBroker(name, root / name, ports, authorization, logs / f"{name}.log")
        )
        for name in BROKERS
    }


async def current(process: BrokerProcess) -> None:
    """Wait until a broker has everything again, so that the loss of another is no loss.

    TimeoutError says what it lacks.
    """
    try:
        await wait_until(process.is_ready, f"{process.name} is current")
    except TimeoutError as error:
        lacking = process.service.ask("healthz?details=true")
        raise TimeoutError(f"{error}: {lacking}") from None
