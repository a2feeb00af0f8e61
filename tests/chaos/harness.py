"""Runs a platform for faults: real servers, a process per role, a proxy per connection."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from redis.asyncio import Redis

from tests.chaos.administrator import Database
from tests.chaos.chain import RehearsalChain, rehearsal_chain
from tests.chaos.desk import Desk
from tests.chaos.load import Load
from tests.chaos.sent import Sent
from tests.chaos.tcp_proxy import TcpProxy
from tests.chaos.wire import AcknowledgementWatcher, CommitWatcher, NoWatcher, Watcher
from tests.support.waiting import wait_until
from tradewind.contracts.roles import SERVER_NAMES, ServerName, partitions_needed
from tradewind.ledger import migrations
from tradewind.operations.access.addresses import ADDRESS_VARIABLES
from tradewind.operations.access.identities import Identity
from tradewind.operations.access.postgres_logins import render_logins
from tradewind.operations.embedded.devchain.dev_chain import DevChain
from tradewind.operations.embedded.servers import LOGS_DIRECTORY, Servers
from tradewind.operations.processes.child import ChildProcess, Program, spawn
from tradewind.operations.processes.errors import ServerError
from tradewind.operations.processes.fork_client import ForkClient
from tradewind.operations.processes.ports import choose_ports
from tradewind.operations.processes.process import ServiceProcess
from tradewind.operations.processes.role_service import RoleService
from tradewind.operations.processes.supervisor import Supervisor
from tradewind.runtime import connect, declare_streams

WATCHERS: Final[Mapping[ServerName, Callable[[], Watcher]]] = {
    "nats": AcknowledgementWatcher,
    "postgres": CommitWatcher,
    "redis": NoWatcher,
}
PROCESSES: Final[Mapping[str, str]] = {
    "market": "market",
    "risk": "risk",
    "portfolio": "portfolio",
    "portfolio-2": "portfolio",
    "planner": "planner",
    "orchestrator": "orchestrator",
    "coordinator": "coordinator",
    "stand-by": "coordinator",
    "sweeper": "sweeper",
    "treasury": "treasury",
    "gateway": "gateway",
}
"""The role of each process."""
COORDINATORS: Final = ("coordinator", "stand-by")
LEASE_SECONDS: Final = 3
BRISK: Final = {
    "PLATFORM_MOCK_CHAIN": "true",
    "TRADEWIND_LEDGER_LEASE_SECONDS": str(LEASE_SECONDS),
    "TRADEWIND_RELAY_AFTER_SECONDS": "3.5",
    "TRADEWIND_STALLED_AFTER_SECONDS": "4",
    "TRADEWIND_STALLED_MAX_ATTEMPTS": "30",
    "TRADEWIND_SIMULATED_LATENCY_MS": "300",
    "TRADEWIND_SIMULATED_TIMEOUT_PROBABILITY": "0.05",
    "TRADEWIND_RECONCILE_SECONDS": "5",
}
"""So that what was lost comes back within the patience of a harness, and that something is at the
venue whenever a fault strikes."""
LOOK_SECONDS: Final = 0.05
STOP_SECONDS: Final = 15.0
CONFIGURATION_EXIT_CODE: Final = 2
SEPARATOR: Final = ","
"""Between the addresses of a server that there are several of; such a one has no proxies."""

type RoleProcess = ServiceProcess[RoleService]


@dataclass
class PlatformHarness:
    """The platform, its load, and the means to inject faults."""

    directory: Path
    servers: Servers
    processes: dict[str, RoleProcess]
    proxies: dict[str, dict[ServerName, TcpProxy]]
    """Proxies by process, then by server."""
    supervisor: Supervisor
    load: Load
    sent: Sent
    database: Database
    cache: Redis
    desk: Desk
    chain: RehearsalChain | None = None
    said: list[str] = field(default_factory=list)
    """Messages about processes, for the report."""
    max_takeover_seconds: float = math.inf
    takeovers: list[float] = field(default_factory=list)
    """Seconds each took from a writer's death to its successor's lease."""

    def lines(self, server: ServerName) -> list[TcpProxy]:
        """Return the proxies of all processes in front of one server."""
        return [lines[server] for lines in self.proxies.values()]

    async def writer(self) -> str:
        """Wait until a coordinator holds the lease; return which process it is."""
        return (await self.term())[0]

    async def term(self) -> tuple[str, int]:
        """Wait until a coordinator holds the lease; return which process it is, and its epoch."""
        found: list[tuple[str, int]] = []

        async def is_held() -> bool:
            held = await self.database.value(
                "SELECT (holder, epoch) FROM writer WHERE lease_until > clock_timestamp()"
            )
            if held is None:
                return False
            names = {str(self.processes[name].pid): name for name in COORDINATORS}
            found.append((names.get(held[0].rpartition(":")[2], ""), held[1]))
            return bool(found[-1][0])

        await wait_until(is_held, "a coordinator writes the ledger")
        return found[-1]

    async def run_with(self, name: str, **changes: Any) -> None:
        """Start a process again with its service changed; the start after that is as usual."""
        process = self.processes[name]
        usual = process.service
        process.service = replace(usual, **changes)
        try:
            before = process.pid
            process.kill()
            await wait_until(lambda: process.pid != before, f"{name} was started again")
        finally:
            process.service = usual

    def postpone(self, name: str, seconds: float) -> None:
        """Delay the restart of a process that was just killed."""
        now = time.monotonic()
        self.supervisor.check(now)
        for watched in self.supervisor.watched:
            if watched.process is self.processes[name]:
                watched.start_at = now + seconds

    async def ready(self, *names: str) -> None:
        """Wait until these processes, or all, are ready."""
        for name in names or PROCESSES:
            process = self.processes[name]
            await wait_until(lambda process=process: process.is_ready(), f"{name} is ready")

    async def stop_server(self, name: str) -> None:
        """Stop a server cleanly, without waiting for its clients."""
        process = self.servers.processes[name]
        process.ask_to_stop()
        await wait_until(lambda: not process.is_running(), f"{name} stopped", seconds=STOP_SECONDS)

    async def start_server(self, name: str) -> None:
        """Start a server that ended on its port, again while its predecessor still has the port."""
        process = self.servers.processes[name]
        process.start()

        def is_ready() -> bool:
            if not process.is_running():
                process.start()
            return process.is_ready()

        await wait_until(is_ready, f"{name} is ready")
        if name == "nats":
            await declare(self.servers)

    async def supervise(self) -> None:
        """Start every process that ended again, as `tradewind up` does, until cancelled."""
        while True:
            self.supervisor.check(time.monotonic())
            await asyncio.sleep(LOOK_SECONDS)


@asynccontextmanager
async def open_harness(
    servers: Servers, directory: Path, dev_chain: DevChain | None = None
) -> AsyncIterator[PlatformHarness]:
    """Run every role beside running servers until the block ends; `directory` takes the logs.

    With a dev chain some of the load trades on it, through a node that faults let lie.
    """
    migrations.upgrade(servers.postgres_dsn)
    database = Database(servers.postgres_dsn)
    await database.execute(render_logins(servers.credentials))
    await declare(servers)
    async with AsyncExitStack() as stack:
        proxies = {name: await _proxies(servers, stack) for name in PROCESSES}
        chain: RehearsalChain | None = None
        if dev_chain is not None:
            chain = await stack.enter_async_context(rehearsal_chain(dev_chain, directory))
        start = _starting(stack.enter_context(ForkClient()))
        processes = {
            name: ServiceProcess(one, start_program=start)
            for name, one in _roles(servers, directory, proxies, chain)
        }
        url = processes["gateway"].service.url
        said, load = list[str](), Load(url, has_chain=bool(chain))
        stack.push_async_callback(load.close)
        desk = Desk(url, load.sent, database, servers.postgres_dsn, has_chain=bool(chain))
        stack.push_async_callback(desk.close)
        stack.push_async_callback(database.close)
        cache = Redis.from_url(servers.redis_url, protocol=2, decode_responses=True)
        stack.push_async_callback(cache.aclose)
        supervisor = Supervisor(list(processes.values()), say=said.append)
        harness = PlatformHarness(
            *(directory, servers, processes, proxies, supervisor, load, load.sent, database, cache),
            *(desk, chain, said),
        )
        with _running(processes):
            task = asyncio.create_task(harness.supervise())
            try:
                await harness.ready()
                yield harness
            finally:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
                await _stop(processes)


def _starting(forks: ForkClient) -> Callable[[Program, Sequence[int]], ChildProcess]:
    """Return what starts roles: forks, but for those in which a module of the tests comes first.

    It has to be there before anything else is imported.
    """

    def start(program: Program, inherited_fds: Sequence[int]) -> ChildProcess:
        is_ours = any(argument.startswith("tests.") for argument in program.command)
        return (spawn if is_ours else forks.start_program)(program, inherited_fds)

    return start


async def declare(servers: Servers) -> None:
    """Declare the streams, as the administrator does whenever a broker was started."""
    async with await connect(servers.nats_url, name="drill") as connection:
        await declare_streams(connection, partitions=partitions_needed())


async def _proxies(servers: Servers, stack: AsyncExitStack) -> dict[ServerName, TcpProxy]:
    return {
        server: await stack.enter_async_context(_proxy(servers, server).listening())
        for server in SERVER_NAMES
        if SEPARATOR not in servers.url(server)
    }


def _proxy(servers: Servers, server: ServerName) -> TcpProxy:
    port = urlsplit(servers.url(server)).port
    assert port is not None
    return TcpProxy(port, WATCHERS[server])


def _roles(
    servers: Servers,
    directory: Path,
    proxies: Mapping[str, Mapping[ServerName, TcpProxy]],
    chain: RehearsalChain | None,
) -> Iterator[tuple[str, RoleService]]:
    ports = choose_ports(directory, tuple(PROCESSES))
    for name, role in PROCESSES.items():
        is_gateway = role == "gateway"
        port_variable = "TRADEWIND_GATEWAY_PORT" if is_gateway else "TRADEWIND_METRICS_PORT"
        environment = BRISK | {
            "TRADEWIND_DATA_DIR": str(directory),
            port_variable: str(ports[name]),
        }
        if chain is not None:
            environment |= chain.environment
            environment |= chain.orchestrator_environment if role == "orchestrator" else {}
        for server, variable in ADDRESS_VARIABLES.items():
            url, proxy = servers.url(server, Identity(role)), proxies[name].get(server)
            environment[variable] = url if proxy is None else _through(url, proxy)
        yield (
            name,
            RoleService(
                name,
                ("gateway",) if is_gateway else ("actors", role),
                ports[name],
                log_path=directory / LOGS_DIRECTORY / f"{name}.log",
                ready_path="/health" if is_gateway else "/metrics",
                environment=environment,
            ),
        )


def _through(url: str, proxy: TcpProxy) -> str:
    """Return the address with the port of the proxy."""
    parts = urlsplit(url)
    user, at, _ = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{user}{at}{parts.hostname}:{proxy.port}").geturl()


@contextmanager
def _running(processes: Mapping[str, RoleProcess]) -> Iterator[None]:
    """Run every process while the block runs, and stop all of them after any outcome."""
    try:
        for process in processes.values():
            process.start()
        yield
    finally:
        for process in processes.values():
            if process.is_running():
                process.kill()


async def _stop(processes: Mapping[str, RoleProcess]) -> None:
    """Terminate every process and wait; the caller kills those that remain."""
    for process in processes.values():
        process.ask_to_stop()
    with suppress(TimeoutError, ServerError):
        await wait_until(
            lambda: not any(process.is_running() for process in processes.values()),
            "the roles stopped",
            seconds=STOP_SECONDS,
        )
