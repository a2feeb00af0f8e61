"""`python -m loadtest.scale`: measures a platform, and says what more cores would carry."""

import logging
import shutil
import tempfile
from pathlib import Path

import click
import structlog
from rich.console import Console

from loadtest.bench.__main__ import make_console
from loadtest.bench.findings import BenchmarkFailed
from loadtest.bench.report import RESULTS_DIRECTORY
from loadtest.bench.run import Run
from loadtest.platform import PlatformFailed
from loadtest.scale.document import foretold_text, write_document
from loadtest.scale.measuring import Asked, measure
from loadtest.scale.points import KEPT, Measured, read, write
from loadtest.scale.sheets import sheets


@click.command()
@click.option(
    "--rate",
    "rates",
    type=click.FloatRange(1),
    multiple=True,
    default=(8, 16, 24, 36),
    show_default=True,
    help="Flows a second; several times for several rates.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(1),
    default=20.0,
    show_default=True,
    help="How long each rate lasts.",
)
@click.option(
    "--replicas",
    type=click.IntRange(1),
    default=2,
    show_default=True,
    help="Replicas of risk, portfolio, planner and orchestrator in the last stage.",
)
@click.option("--cluster/--no-cluster", default=True, help="Whether to measure three brokers too.")
@click.option("--kept", is_flag=True, help="Measure nothing: use what was measured last and kept.")
@click.option("--keep", is_flag=True, help="Keep what is measured for the document.")
@click.option("--document", is_flag=True, help="Keep it, and put the tables into docs/CAPACITY.md.")
@click.option("--quick", is_flag=True, help="A smoke run: numbers prove little.")
def main(
    rates: tuple[float, ...],
    seconds: float,
    replicas: int,
    cluster: bool,
    kept: bool,
    keep: bool,
    document: bool,
    quick: bool,
) -> None:
    """Measure what a paper flow costs by rate, and say what 2 to 32 cores carry."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    console = make_console()
    measured = (
        read(KEPT) if kept else _measured(console, Asked(rates, seconds, cluster, replicas), quick)
    )
    if not kept:
        path = RESULTS_DIRECTORY / f"scale-{measured.revision}.local.json"
        write(measured, path)
        console.print(f"written to {path}", highlight=False, soft_wrap=True)
        if keep or document:
            shutil.copy(path, KEPT)
    _show(measured, console)
    if document:
        write_document(measured)


def _measured(console: Console, asked: Asked, quick: bool) -> Measured:
    with tempfile.TemporaryDirectory(prefix="tradewind-scale-") as directory:
        # The database server may run as another user.
        Path(directory).chmod(0o755)
        try:
            return measure(Run(console, Path(directory), quick), asked)
        except (BenchmarkFailed, PlatformFailed) as error:
            raise click.ClickException(str(error)) from None


def _show(measured: Measured, console: Console) -> None:
    console.print(f"{measured.date}, {measured.revision}", highlight=False)
    for sheet in sheets(measured):
        sheet.show(console)
    console.print(foretold_text(measured), highlight=False)


if __name__ == "__main__":
    main()
