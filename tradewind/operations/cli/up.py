"""`tradewind up`: the servers, the migrations and one process per role, until Ctrl-C."""

import os
import shlex
import signal
import sys
import time
from collections.abc import Mapping
from functools import partial
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import Final

import click

from tradewind.contracts.roles import ROLES, SERVER_NAMES, Role, worker_roles
from tradewind.errors import ConfigurationError, TradewindError
from tradewind.operations.access.addresses import ADDRESS_VARIABLES, without_login
from tradewind.operations.access.identities import Identity, identities
from tradewind.operations.access.postgres_logins import render_logins
from tradewind.operations.cli.status import (
    DATA_DIRECTORY_OPTION,
    describe_chain,
    describe_provider,
)
from tradewind.operations.codegen.settings_table import classes
from tradewind.operations.embedded.model_keys import take_model_keys
from tradewind.operations.embedded.platform import RunningPlatform
from tradewind.operations.embedded.platform_chain import PlatformChain, start_chain, take_keys
from tradewind.operations.embedded.servers import LOGS_DIRECTORY, Servers, start_servers
from tradewind.operations.embedded.settings import (
    DEFAULT_DATA_DIRECTORY,
    PlatformChainSettings,
    UpSettings,
)
from tradewind.operations.embedded.simulated_provider import PlatformProvider, choose_provider
from tradewind.operations.processes import launcher, runtime_file
from tradewind.operations.processes.fork_client import ForkClient
from tradewind.operations.processes.ports import (
    LOOPBACK,
    choose_ports,
    first_free_port,
    free_port,
    listen_error,
)
from tradewind.operations.processes.role_service import RoleService
from tradewind.operations.processes.runtime_file import Addresses
from tradewind.operations.processes.signals import StopRequests, stop_requests
from tradewind.settings import (
    PREFIX,
    EngineSettings,
    GatewayAddressSettings,
    IntentLimitSettings,
    OperationsSettings,
    OwnedSettings,
    StreamSettings,
    WorkerSettings,
    check,
    is_set,
    load,
)

STOP_MARGIN_SECONDS: Final = 5
STRATEGIST_FILE: Final = f"{PREFIX}STRATEGIST_FILE"
"""Without it nothing runs live, and no process is needed for that."""
NEEDED_LATER: Final = "tradewind.operations.cli.provision"
"""This module is slow to import, so that is done while the servers start."""
ANY_HOSTS: Final = ("0.0.0.0", "::", "")  # noqa: S104


@click.command()
@DATA_DIRECTORY_OPTION
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    help="Port of the gateway, 0 for a free one. [TRADEWIND_GATEWAY_PORT]",
)
@click.option(
    "--provider",
    metavar="URL",
    help="Hyperliquid's address; a simulated one is started without it. "
    "[TRADEWIND_HYPERLIQUID_URL]",
)
@click.option("--with-parent", is_flag=True, help="Stop when the process that started it ends.")
def up(data_dir: Path | None, port: int | None, provider: str | None, with_parent: bool) -> None:
    """Run the whole platform on this machine until Ctrl-C.

    Servers whose address is in the environment are used, not started; every role logs in there with
    that address.
    """
    started_at = time.monotonic()
    if with_parent:
        launcher.stop_with_parent(signal.SIGTERM)
    if data_dir is not None:
        os.environ[f"{PREFIX}DATA_DIR"] = str(data_dir)
    if port is not None:
        os.environ[f"{PREFIX}GATEWAY_PORT"] = str(port)
    if provider is not None:
        os.environ[runtime_file.PROVIDER_URL_VARIABLE] = provider
    settings = load(UpSettings)
    _check_settings_of_roles()
    Thread(target=import_module, args=(NEEDED_LATER,), daemon=True).start()
    keys, model_keys = take_keys(os.environ), take_model_keys(os.environ)
    directory = _create(settings.data_dir)
    names = [name for name, variable in ADDRESS_VARIABLES.items() if variable not in os.environ]
    with stop_requests() as requests:
        with (
            # First, so that it imports while the servers start.
            ForkClient() as forks,
            start_servers(directory, names=names) as servers,
            start_chain(directory, load(PlatformChainSettings), keys, _say) as chain,
        ):
            if not requests:
                _run(settings, directory, servers, chain, model_keys, forks, requests, started_at)
            runtime_file.remove_platform(directory)
        _say("stopped")


def _check_settings_of_roles() -> None:
    """Refuse a wrong setting of any role before anything starts.

    The roles' settings are slow to import, so they are only checked when a variable is set that no
    other class reads.
    """
    shared: tuple[type[OwnedSettings], ...] = (
        *(EngineSettings, IntentLimitSettings, OperationsSettings, StreamSettings),
        WorkerSettings,
        *(UpSettings, PlatformChainSettings),
    )
    for kind in shared:
        check(kind)
    known = {f"{PREFIX}{name.upper()}" for kind in shared for name in kind.model_fields}
    others = os.environ.keys() - known - set(ADDRESS_VARIABLES.values())
    if any(name.startswith(PREFIX) for name in others):
        for kind in classes():
            check(kind)


def _run(
    settings: UpSettings,
    directory: Path,
    servers: Servers,
    chain: PlatformChain,
    model_keys: Mapping[str, str],
    forks: ForkClient,
    requests: StopRequests,
    started_at: float,
) -> None:
    from tradewind.operations.cli.provision import provision_servers

    addresses = {identity: _addresses(servers, identity) for identity in identities()}
    feeds = addresses[Identity(Role.FEEDS)]
    provider = choose_provider(
        directory, directory / LOGS_DIRECTORY, feeds, chain.environment, forks
    )
    roles = _roles(settings, directory, addresses, chain, model_keys, provider)
    _say(f"servers are up, starting the roles (data in {directory})")
    own = addresses[Identity.ADMINISTRATOR]
    logins = render_logins(servers.credentials) if "postgres" in servers.processes else ""
    provision_servers(own["postgres"], own["nats"], logins, settings, _drain_seconds(servers))

    platform = RunningPlatform(
        directory,
        servers,
        roles,
        addresses,
        chain,
        provider,
        _say,
        on_broker_back=partial(_declare_streams, own["nats"], settings),
        log_limits=settings.log_limits,
        forks=forks,
    )

    banner = partial(_banner, own, chain, provider, roles, directory)
    try:
        platform.run(requests, lambda: click.echo(banner(time.monotonic() - started_at)))
    finally:
        if requests:
            _say("stopping")
        platform.stop(requests, settings.shutdown_timeout_seconds + STOP_MARGIN_SECONDS)


def _declare_streams(nats_url: str, settings: UpSettings) -> None:
    """Declare the streams of a broker that was started again: it may have lost its store."""
    from tradewind.operations.cli.provision import declare_again

    try:
        declare_again(nats_url, settings)
    except TradewindError as error:
        _say(f"the streams cannot be declared again: {error}")


def _drain_seconds(servers: Servers) -> float | None:
    """Return how long to wait for workers; a broker of our own has none yet, so it is None."""
    from tradewind.runtime.resize import DRAIN_SECONDS

    return None if "nats" in servers.processes else DRAIN_SECONDS


def _addresses(servers: Servers, identity: Identity) -> Addresses:
    return {
        name: servers.url(name, identity) if name in servers.processes else os.environ[variable]
        for name, variable in ADDRESS_VARIABLES.items()
    }


def _create(directory: Path) -> Path:
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"data directory {directory}: {error.strerror}") from None
    if not os.access(directory, os.W_OK | os.X_OK):
        raise ConfigurationError(f"data directory {directory}: cannot write to it")
    return directory.resolve()


def _roles(
    settings: GatewayAddressSettings,
    directory: Path,
    addresses: Mapping[Identity, Addresses],
    chain: PlatformChain,
    model_keys: Mapping[str, str],
    provider: PlatformProvider,
) -> list[RoleService]:
    ports = choose_ports(directory, tuple(ROLES))
    logs = directory / LOGS_DIRECTORY
    common = {f"{PREFIX}DATA_DIR": str(directory)} | dict(chain.environment)
    common[runtime_file.DATASETS_VARIABLE] = runtime_file.datasets_folder(os.environ, directory)
    secrets = {role: _variables(addresses[Identity(role)]) for role in ROLES}
    secrets[Role.ORCHESTRATOR] |= chain.orchestrator_environment
    secrets[Role.EVALUATOR] |= model_keys
    secrets[Role.FEEDS] |= provider.environment
    workers = [
        RoleService(
            role,
            ("actors", role),
            ports[role],
            log_path=logs / f"{role}.log",
            environment=common | {f"{PREFIX}METRICS_PORT": str(ports[role])} | secrets[role],
            metrics_port=ports[role],
        )
        for role in worker_roles()
        if role != Role.STRATEGIST or STRATEGIST_FILE in os.environ
    ]
    port = _gateway_port(settings)
    gateway = RoleService(
        Role.GATEWAY,
        ("gateway",),
        port,
        host=LOOPBACK if settings.gateway_host in ANY_HOSTS else settings.gateway_host,
        log_path=logs / f"{Role.GATEWAY}.log",
        ready_path="/health",
        environment=common
        | {f"{PREFIX}GATEWAY_PORT": str(port), f"{PREFIX}METRICS_PORT": str(ports[Role.GATEWAY])}
        | secrets[Role.GATEWAY],
        metrics_port=ports[Role.GATEWAY],
    )
    return [*workers, gateway]


def _variables(addresses: Addresses) -> dict[str, str]:
    return {variable: addresses[name] for name, variable in ADDRESS_VARIABLES.items()}


def _gateway_port(settings: GatewayAddressSettings) -> int:
    """Return the gateway's port; when none is set and the default is in use, a free one."""
    host, port = settings.gateway_host, settings.gateway_port
    error = listen_error(0, host)
    if error is not None:
        raise ConfigurationError(f"{PREFIX}GATEWAY_HOST: cannot listen on {host}: {error}")
    if port == 0:
        return free_port(host)
    error = listen_error(port, host)
    if error is None:
        return port
    if is_set("GATEWAY_PORT"):
        raise ConfigurationError(f"{PREFIX}GATEWAY_PORT: cannot listen on {host}:{port}: {error}")
    chosen = first_free_port(port, host)
    _say(f"port {port} is in use, the gateway takes {chosen}")
    return chosen


def _banner(
    addresses: Addresses,
    chain: PlatformChain,
    provider: PlatformProvider,
    roles: list[RoleService],
    directory: Path,
    seconds: float,
) -> str:
    gateway = next(role for role in roles if role.name == Role.GATEWAY)
    rows: dict[str, str] = {
        "gateway": gateway.url,
        **{name: without_login(addresses[name]) for name in SERVER_NAMES},
        "venue": describe_chain(chain.status),
        "provider": describe_provider(provider.status),
        "roles": " ".join(role.name for role in roles),
        "logs": str(directory / LOGS_DIRECTORY),
    }
    lines = [f"Tradewind is ready after {seconds:.1f} s. Ctrl-C stops it."]
    lines += [f"  {name:<10}{value}" for name, value in rows.items()]
    command = _command(directory)
    lines += [f"From another shell: {command} status, {command} demo"]
    return "\n".join(lines)


def _command(directory: Path) -> str:
    """Return the command with which another shell in this directory runs `tradewind`."""
    program = Path(sys.argv[0])
    if program.is_absolute() and program.is_relative_to(Path.cwd()):
        program = program.relative_to(Path.cwd())
    if directory == (Path.cwd() / DEFAULT_DATA_DIRECTORY).resolve():
        return str(program)
    return f"{PREFIX}DATA_DIR={shlex.quote(str(directory))} {program}"


def _say(message: str) -> None:
    click.echo(f"tradewind: {message}", err=True)
