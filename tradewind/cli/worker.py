"""`tradewind worker`: runs and supervises processes of one or more roles."""

from pathlib import Path
from typing import Final

import click

from tradewind.contracts.names import Role
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
    Roles: risk, planner, orchestrator, coordinator, market.
    """
    settings = load(Settings)
    services = _services(roles, processes, concurrency, settings.metrics_port)
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


def _services(
    roles: tuple[str, ...], processes: int, concurrency: int | None, metrics_port: int | None
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
            environment=_metrics_environment(metrics_port, number),
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
