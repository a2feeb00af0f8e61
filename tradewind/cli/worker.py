"""`tradewind worker`: runs and supervises processes of one or more roles."""

import os
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Final

import click

from tradewind.contracts.names import Role
from tradewind.embedded import runtime_file
from tradewind.embedded.devchain.accounts import TRADER, TRADER_KEY
from tradewind.embedded.platform_chain import WALLET_KEY, take_keys
from tradewind.embedded.process import ServiceProcess
from tradewind.embedded.role import RoleService
from tradewind.embedded.signals import stop_requests
from tradewind.embedded.supervisor import Supervisor, stop_all
from tradewind.settings import Settings, load

ROLES: Final = [role.value for role in Role if role is not Role.GATEWAY]
ROOT: Final = Path(__file__).parents[2]
WATCHED: Final = ("tradewind", "actors")
STOP_MARGIN_SECONDS: Final = 5
MAX_PROCESSES: Final = 256


@click.command()
@click.argument("roles", nargs=-1, required=True, type=click.Choice(ROLES), metavar="ROLE...")
@click.option("--processes", type=click.IntRange(1, MAX_PROCESSES), default=1, show_default=True)
@click.option("--concurrency", type=click.IntRange(1, 4_096), help="Messages at a time, each.")
@click.option("--reload", is_flag=True, help="Start again when a source file changes.")
def worker(roles: tuple[str, ...], processes: int, concurrency: int | None, reload: bool) -> None:
    """Run processes of ROLE..., all on the same queues; start again those that end.

    \b
    Roles: risk, planner, orchestrator, coordinator, market, sweeper.
    """
    settings = load(Settings)
    keys = keys_for(roles, os.environ)
    services = _services(roles, processes, concurrency, settings.metrics_port, keys)
    stop_timeout_seconds = settings.shutdown_timeout_seconds + STOP_MARGIN_SECONDS
    with stop_requests() as requests:
        while not requests:
            children = [ServiceProcess(service) for service in services]
            for child in children:
                child.start()
            supervisor = Supervisor(children, say=_say)
            watch = SourceWatch(ROOT) if reload else None
            try:
                supervisor.run(requests, until=watch.has_changed if watch else lambda: False)
            finally:
                stop_all(children, requests, stop_timeout_seconds, _say)


class SourceWatch:
    """Notices changes of the Python files of this project."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._seen = self._modification_times()

    def has_changed(self) -> bool:
        """Return whether a file was added, changed or removed."""
        return self._modification_times() != self._seen

    def _modification_times(self) -> dict[Path, int]:
        paths = [path for package in WATCHED for path in (self._root / package).rglob("*.py")]
        return {path: _modified_at(path) for path in paths}


def keys_for(roles: tuple[str, ...], environment: MutableMapping[str, str]) -> dict[str, str]:
    """Take the wallet's key out of the environment; return what the roles get of it.

    That is nothing without the orchestrator among them. Beside a platform that trades with the dev
    chain's own well-known wallet, an orchestrator trades with that too.
    """
    keys = take_keys(environment)
    if Role.ORCHESTRATOR not in roles:
        return {}
    platform = runtime_file.read_platform(runtime_file.find_data_directory())
    is_well_known = platform is not None and platform["chain"].get("wallet") == TRADER
    return keys or ({WALLET_KEY: TRADER_KEY} if is_well_known else {})


def _services(
    roles: tuple[str, ...],
    processes: int,
    concurrency: int | None,
    metrics_port: int | None,
    keys: Mapping[str, str],
) -> list[RoleService]:
    arguments = ["actors", *roles]
    if concurrency is not None:
        arguments += ["--concurrency", str(concurrency)]
    name = "+".join(roles)
    return [
        RoleService(
            name if processes == 1 else f"{name} {number + 1}",
            arguments,
            port=0,
            environment=_metrics_environment(metrics_port, number) | dict(keys),
        )
        for number in range(processes)
    ]


def _metrics_environment(first_port: int | None, number: int) -> dict[str, str]:
    """Processes take consecutive ports; 0 lets each take a free one."""
    if not first_port:
        return {}
    return {"TRADEWIND_METRICS_PORT": str(first_port + number)}


def _modified_at(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _say(message: str) -> None:
    click.echo(f"tradewind: {message}", err=True)
