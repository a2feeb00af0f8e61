"""`python -m loadtest.bench [NAME…]`: runs the benchmarks, prints a table, writes the result."""

import logging
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
import structlog
from rich.console import Console

from loadtest.bench import (
    actor_layer,
    as_of,
    backtest,
    chain_open,
    cold_start,
    decisions,
    drain,
    execution,
    fan_out,
    following,
    hop,
    intents,
    ordering,
    quote,
    quote_peers,
    quoter,
    rebuild,
    recording,
    report,
    sharded_writers,
    signals,
    stages,
    stream,
    swaps,
    takeover,
    whatif,
)
from loadtest.bench.findings import BenchmarkFailed, Finding
from loadtest.bench.references import References
from loadtest.bench.run import Run
from loadtest.bench.yardstick import open_yardstick

_FILE_WIDTH = 150

BENCHMARKS: dict[str, Callable[[Run], list[Finding]]] = {
    "actors": actor_layer.run,
    "hop": hop.run,
    "ordering": ordering.run,
    "stages": stages.run,
    "decisions": decisions.run,
    "backtest": backtest.run,
    "quote": quote.run,
    "quote-peers": quote_peers.run,
    "quoter": quoter.run,
    "execution": execution.run,
    "drain": drain.run,
    "sharded-writers": sharded_writers.run,
    "takeover": takeover.run,
    "recording": recording.run,
    "rebuild": rebuild.run,
    "as-of": as_of.run,
    "what-if": whatif.run,
    "cold-start": cold_start.run,
    "intents": intents.run,
    "signals": signals.run,
    "swaps": swaps.run,
    "chain-open": chain_open.run,
    "stream": stream.run,
    "fan-out": fan_out.run,
    "following": following.run,
}


@click.group(invoke_without_command=True)
@click.pass_context
def main(context: click.Context) -> None:
    """Measure Tradewind against its budgets and beside its peers; without a command, everything."""
    if context.invoked_subcommand is None:
        context.invoke(run_benchmarks)


@main.command("run")
@click.argument("names", nargs=-1, type=click.Choice(list(BENCHMARKS)))
@click.option("--quick", is_flag=True, help="A smoke run: small counts, numbers prove little.")
@click.option("--baseline", is_flag=True, help="Keep the result as baseline.json as well.")
def run_benchmarks(names: Sequence[str], quick: bool, baseline: bool) -> None:
    """Run the benchmarks NAMES, by default all."""
    if baseline and (names or quick):
        raise click.UsageError("--baseline keeps whole runs only: without NAMES and --quick")
    console = make_console()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    findings: list[Finding] = []
    references = References()
    with _new_run(console, quick) as run, open_yardstick(run, references) as yardstick:
        for name in names or BENCHMARKS:
            yardstick.sample()
            console.print(f"{name} …", highlight=False)
            findings += _attempt(name, run)
        yardstick.sample()
    report.show(findings, references, console)
    path = report.write(findings, references)
    console.print(f"written to {path}", highlight=False, soft_wrap=True)
    if baseline:
        shutil.copy(path, report.BASELINE)


@main.command()
@click.option("--count", type=click.IntRange(1), default=intents.COUNT, show_default=True)
@click.option("--rate", type=click.FloatRange(0.1), default=intents.PER_SECOND, show_default=True)
def load(count: int, rate: float) -> None:
    """Load a platform of its own with COUNT intents at RATE a second; exit 1 if one got lost."""
    console, references = make_console(), References()
    with _new_run(console) as run, open_yardstick(run, references) as yardstick:
        yardstick.sample()
        try:
            findings = intents.measure_own_platform(run, run.directory / "data", count, rate)
        except BenchmarkFailed as error:
            raise click.ClickException(str(error)) from None
        yardstick.sample()
    report.show(findings, references, console)
    sys.exit(any(finding.value for finding in findings if finding.budget == intents.NONE_ALLOWED))


@contextmanager
def _new_run(console: Console, quick: bool = False) -> Iterator[Run]:
    with tempfile.TemporaryDirectory(prefix="tradewind-bench-") as directory:
        # The database server may run as another user.
        Path(directory).chmod(0o755)
        yield Run(console, Path(directory), quick)


def make_console() -> Console:
    """Return a console that keeps the table in one piece when output goes to a file."""
    console = Console()
    return console if console.is_terminal else Console(width=_FILE_WIDTH)


def _attempt(name: str, run: Run) -> list[Finding]:
    try:
        return BENCHMARKS[name](run)
    except BenchmarkFailed as error:
        return [Finding(name, "could not be measured", None, "", note=str(error))]


if __name__ == "__main__":
    main()
