"""Runs the role processes beside the servers, and describes both in the runtime file."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from tradewind.log_file import LogLimits
from tradewind.operations.access.identities import Identity
from tradewind.operations.embedded.platform_chain import PlatformChain
from tradewind.operations.embedded.servers import Servers
from tradewind.operations.embedded.simulated_provider import PlatformProvider
from tradewind.operations.processes import runtime_file
from tradewind.operations.processes.fork_client import ForkClient
from tradewind.operations.processes.process import ServiceProcess
from tradewind.operations.processes.role_service import RoleService
from tradewind.operations.processes.runtime_file import Addresses, Platform, PlatformState
from tradewind.operations.processes.signals import StopRequests
from tradewind.operations.processes.supervisor import AnyProcess, Supervisor, stop_all

SLOW_START_SECONDS: Final = 20.0
BROKER: Final = "nats"


class RunningPlatform:
    """Runs role processes beside running servers, and restarts any that ends."""

    def __init__(
        self,
        directory: Path,
        servers: Servers,
        roles: Sequence[RoleService],
        addresses: Mapping[Identity, Addresses],
        chain: PlatformChain,
        provider: PlatformProvider,
        say: Callable[[str], None],
        on_broker_back: Callable[[], None],
        log_limits: LogLimits,
        forks: ForkClient,
    ) -> None:
        """Take a callback, `on_broker_back`, for when nats-server was restarted and is ready."""
        self._directory = directory
        self._addresses = addresses
        self._say = say
        self._chain = chain
        self._servers: list[AnyProcess] = list(servers.processes.values())
        if chain.process is not None:
            self._servers.append(chain.process)
        self._provider = provider
        # It reads the pools that a role publishes, so it starts and stops with the roles.
        self._simulators: list[AnyProcess] = []
        if provider.process is not None:
            self._simulators.append(provider.process)
        self._roles = [ServiceProcess(role, start_program=forks.start_program) for role in roles]
        self._all: list[AnyProcess] = [*self._servers, *self._simulators, *self._roles]
        self._supervisor = Supervisor(
            self._all, say=say, on_change=self._changed, log_limits=log_limits
        )
        self._was_ready = False
        self._on_broker_back = on_broker_back
        self._broker = servers.processes.get(BROKER)
        self._broker_pid = self._broker.pid if self._broker else 0

    def run(self, requests: StopRequests, on_ready: Callable[[], None]) -> None:
        """Start the roles and supervise all processes until a stop is requested."""
        for process in (*self._roles, *self._simulators):
            process.start()
        self._describe()
        slow_at = time.monotonic() + SLOW_START_SECONDS
        self._supervisor.run(
            requests, until=lambda: self._supervisor.is_ready() or time.monotonic() > slow_at
        )
        if not requests and not self._supervisor.is_ready():
            self._say(f"still waiting for {', '.join(self._late())}")
            self._supervisor.run(requests, until=self._supervisor.is_ready)
        if not requests:
            self._was_ready = True
            self._describe()
            on_ready()
            self._supervisor.run(requests)

    def stop(self, requests: StopRequests, timeout_seconds: float) -> None:
        """Stop the roles after the messages they hold. The servers keep running."""
        self._describe("stopping")
        stop_all([*self._roles, *self._simulators], requests, timeout_seconds, self._say)

    def _changed(self) -> None:
        self._describe()
        broker = self._broker
        if broker is None or broker.pid == self._broker_pid:
            return
        if self._supervisor.states()[BROKER] == "running":
            self._broker_pid = broker.pid
            self._on_broker_back()

    def _late(self) -> list[str]:
        states = self._supervisor.states()
        return [
            f"{process.name} (log: {process.log_path})"
            for process in self._all
            if states[process.name] != "running"
        ]

    def _state(self) -> PlatformState:
        if not self._was_ready:
            return "starting"
        return "ready" if self._supervisor.is_ready() else "degraded"

    def _describe(self, state: PlatformState | None = None) -> None:
        states = self._supervisor.states()
        own = self._addresses[Identity.ADMINISTRATOR]
        document: Platform = {
            "pid": os.getpid(),
            "state": state or self._state(),
            "data_dir": str(self._directory),
            "gateway": {"url": self._gateway_url()},
            "nats": {"url": own["nats"]},
            "postgres": {"dsn": own["postgres"]},
            "redis": {"url": own["redis"]},
            "chain": self._chain.status,
            "provider": self._provider.status,
            "datasets": runtime_file.datasets_folder(os.environ, self._directory),
            "roles": [
                {
                    "role": role.name,
                    "pid": role.pid,
                    "state": states[role.name],
                    "metrics_url": f"{role.service.operations_url}/metrics",
                    "log": str(role.log_path),
                }
                for role in self._roles
            ],
            "servers": [
                {
                    "name": server.name,
                    "pid": server.pid,
                    "state": states[server.name],
                    "log": str(server.log_path),
                }
                for server in (*self._servers, *self._simulators)
            ],
            "addresses": {str(name): one for name, one in self._addresses.items()},
        }
        runtime_file.write_platform(self._directory, document)

    def _gateway_url(self) -> str:
        return next(role.service.url for role in self._roles if role.name == "gateway")
