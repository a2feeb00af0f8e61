"""`tradewind worker`: runs and supervises processes of one or more roles."""

import os
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Final

import click

from tradewind import CHECKOUT
from tradewind.contracts.roles import Role, worker_roles
from tradewind.operations.access.identities import Identity
from tradewind.operations.embedded.devchain.accounts import TRADER, TRADER_KEY
from tradewind.operations.embedded.model_keys import take_model_keys
from tradewind.operations.embedded.platform_chain import WALLET_KEY, take_keys
from tradewind.operations.processes import runtime_file
from tradewind.operations.processes.child import spawn
from tradewind.operations.processes.fork_client import ForkClient
from tradewind.operations.processes.process import ServiceProcess
from tradewind.operations.processes.role_service import RoleService
from tradewind.operations.processes.runtime_file import Platform
from tradewind.operations.processes.signals import stop_requests
from tradewind.operations.processes.supervisor import Supervisor, stop_all
from tradewind.settings import (
    NatsSettings,
    OperationsSettings,
    ProcessSettings,
    WorkerSettings,
    load,
)

WATCHED: Final = ("tradewind", "actors")
STOP_MARGIN_SECONDS: Final = 5
MAX_PROCESSES: Final = 256


HELP: Final = f"""Run processes of each ROLE, all on the same queues; start again those that end.

Roles: {", ".join(worker_roles())}.
"""


@click.command(help=HELP)
@click.argument(
    "roles", nargs=-1, required=True, type=click.Choice(worker_roles()), metavar="ROLE..."
)
@click.option(
    "--processes",
    type=click.IntRange(1, MAX_PROCESSES),
    default=1,
    show_default=True,
    help="Processes of each role.",
)
@click.option("--concurrency", type=click.IntRange(1, 4_096), help="Messages at a time, each.")
@click.option("--reload", is_flag=True, help="Start again when a source file changes.")
def worker(roles: tuple[str, ...], processes: int, concurrency: int | None, reload: bool) -> None:
    keys, model_keys = take_keys(os.environ), take_model_keys(os.environ)
    platform = runtime_file.read_platform(runtime_file.find_data_directory())
    environments = {role: _environment(role, keys, platform) for role in dict.fromkeys(roles)}
    if Role.EVALUATOR in environments:
        environments[Role.EVALUATOR] |= model_keys
    # A running platform has logins for each role; without one the environment's are used.
    if platform is None:
        load(NatsSettings)
    # What each process would refuse is refused once, before any of them starts.
    load(WorkerSettings)
    services = _services(
        environments, processes, concurrency, load(OperationsSettings).metrics_port
    )
    stop_timeout_seconds = load(ProcessSettings).shutdown_timeout_seconds + STOP_MARGIN_SECONDS
    with stop_requests() as requests:
        while not requests:
            # What it imported changes with the sources, so each round has its own.
            with ForkClient() if len(services) > 1 else nullcontext() as forks:
                start = forks.start_program if forks else spawn
                children = [ServiceProcess(service, start_program=start) for service in services]
                for child in children:
                    child.start()
                supervisor = Supervisor(children, say=_say)
                watch = SourceWatch(CHECKOUT) if reload else None
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


def _environment(role: str, keys: Mapping[str, str], platform: Platform | None) -> dict[str, str]:
    """Return the variables a role needs besides our environment: logins, and the wallet's key.

    Only the orchestrator gets a key. On a platform that trades with the dev chain's well-known
    wallet it gets that one.
    """
    variables = runtime_file.missing_variables(os.environ, [Identity(role)])
    if role != Role.ORCHESTRATOR:
        return variables
    is_well_known = platform is not None and platform["chain"].get("wallet") == TRADER
    own = {WALLET_KEY: TRADER_KEY} if is_well_known else {}
    return {**variables, **(keys or own)}


def _services(
    environments: Mapping[str, Mapping[str, str]],
    processes: int,
    concurrency: int | None,
    metrics_port: int | None,
) -> list[RoleService]:
    options = [] if concurrency is None else ["--concurrency", str(concurrency)]
    numbered = [(role, number) for role in environments for number in range(1, processes + 1)]
    return [
        RoleService(
            role if processes == 1 else f"{role} {number}",
            ["actors", role, *options],
            port=0,
            environment=_metrics_environment(metrics_port, place) | dict(environments[role]),
        )
        for place, (role, number) in enumerate(numbered)
    ]


def _metrics_environment(first_port: int | None, number: int) -> dict[str, str]:
    """Return the metrics port of a process: consecutive ports, or 0 for any free one."""
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
