"""`tradewind backtest`: runs strategies over history, and shows what came of it."""

import json
import time
from itertools import islice
from pathlib import Path
from typing import Any, Final

import click
from pydantic import BaseModel
from tradewind_client import Client
from tradewind_client.backtest_calls import BacktestQuery
from tradewind_client.rest_models import BacktestDetail

from tradewind.contracts.ids import parse_ulid
from tradewind.operations.cli.backtest_options import document_of
from tradewind.operations.cli.backtest_views import (
    RUN_HEADINGS,
    ProgressPrinter,
    print_comparison,
    print_end,
    print_results,
    print_trades,
    progress_line,
    run_row,
)
from tradewind.operations.cli.client import URL_OPTION, platform_client
from tradewind.operations.cli.tables import JSON_LINES_OPTION, limit_option, print_list
from tradewind.operations.cli.times import TIME
from tradewind.operations.cli.verbs import Verbs

MAX_LISTED: Final = 10_000
POLL_SECONDS: Final = 0.5
OVER: Final = frozenset({"completed", "failed", "cancelled"})
JSON_OPTION: Final = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


class RunId(click.ParamType[str]):
    """A run's id, with or without what its correlation begins with."""

    name = "run"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the id; the usage error says what one looks like."""
        try:
            return str(parse_ulid(value.removeprefix("backtest-")))
        except ValueError as error:
            self.fail(str(error), param, ctx)


RUN: Final = RunId()


@click.group(cls=Verbs)
def backtest() -> None:
    """Run strategies over history, list, show, compare and cancel runs."""


@backtest.command()
@click.option("--file", "path", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="A run in YAML or JSON; options take the place of what it says.")  # fmt: skip
@click.option("--strategy", help="The name of an installed strategy, or the dataset of signals.")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A parameter of it.")
@click.option("--sweep", "grid", multiple=True, metavar="NAME=A,B,C", help="Values to try.")
@click.option("--data", multiple=True, metavar="DATASET",
              help="Candles, or events of pools; again for other instruments.")  # fmt: skip
@click.option("--interval", help="How often a strategy is asked over events of pools.")
@click.option("--pool", "pools", multiple=True, metavar="FEE=DEPTH",
              help="A pool: its fee in millionths, and what buys it up by 1 %.")  # fmt: skip
@click.option("--shape", "shapes", multiple=True, metavar="ID",
              help="A recorded pool whose ticks move with the price: its content id.")  # fmt: skip
@click.option("--recorded", is_flag=True, help="The platform's own intents, of --strategy or all.")
@click.option("--instrument", "instruments", multiple=True, help="By default those of the data.")
@click.option("--from", "start", type=TIME, help="By default the dataset's begin.")
@click.option("--to", "end", type=TIME, help="By default the dataset's end.")
@click.option("--cash", multiple=True, metavar="SYMBOL=AMOUNT", help="What it begins with.")
@click.option("--limits", type=click.Choice(["current"]), help="Those of risk that are in force.")
@click.option("--label", help="What to call it.")
@click.option("--detach", is_flag=True, help="Do not wait for its end.")
@URL_OPTION
@JSON_OPTION
@click.pass_context
def run(
    context: click.Context, /, url: str | None, detach: bool, as_json: bool, **asked: Any
) -> None:
    """Run a strategy, show how far it is, and print its metrics."""
    with platform_client(url) as client:
        document = document_of(client, **asked)
        taken = client.backtests.submit(document)
        if taken.run_id is None:
            _print(taken, as_json, f"sweep {taken.sweep_id}: tradewind backtest list "
                                   f"--sweep {taken.sweep_id}")  # fmt: skip
            return
        if detach:
            _print(taken, as_json, f"{taken.run_id} is {taken.status}")
            return
        if taken.reused:
            click.echo(f"the same run has a result: {taken.run_id}", err=True)
        ended = _wait(client, taken.run_id)
        _show(client, ended, as_json)
    if ended.status != "completed":
        context.exit(1)


@backtest.command("list")
@click.option(
    "--status", type=click.Choice(["queued", "running", *sorted(OVER)]), help="Only those so far."
)
@click.option("--strategy", help="Only of this one.")
@click.option("--label", help="Only of this one.")
@click.option("--sweep", help="Only runs of this sweep; `none` for those of no sweep.")
@limit_option(MAX_LISTED)
@URL_OPTION
@JSON_LINES_OPTION
def list_(
    status: str | None,
    strategy: str | None,
    label: str | None,
    sweep: str | None,
    limit: int,
    url: str | None,
    as_json: bool,
) -> None:
    """List runs, the newest first."""
    wanted = BacktestQuery(status=status, strategy=strategy, label=label, sweep_id=sweep)
    with platform_client(url) as client:
        found = list(islice(client.backtests.list(wanted), limit))
    print_list(
        found,
        as_json,
        document=lambda one: one.model_dump(mode="json"),
        headings=RUN_HEADINGS,
        row=run_row,
        nothing="there is no back-test yet",
    )


@backtest.command()
@click.argument("run_id", metavar="RUN", type=RUN)
@click.option("--trades", is_flag=True, help="Its trades instead of its metrics.")
@limit_option(MAX_LISTED)
@URL_OPTION
@JSON_OPTION
def show(run_id: str, trades: bool, limit: int, url: str | None, as_json: bool) -> None:
    """Show how far RUN is, and its metrics when it has some."""
    with platform_client(url) as client:
        if not trades:
            _show(client, client.backtests.get(run_id), as_json)
            return
        found = list(islice(client.backtests.trades(run_id), limit))
    if as_json:
        for one in found:
            click.echo(json.dumps(one.model_dump(mode="json")))
    else:
        print_trades(found)


@backtest.command()
@click.argument("a", type=RUN)
@click.argument("b", type=RUN)
@URL_OPTION
@JSON_OPTION
def compare(a: str, b: str, url: str | None, as_json: bool) -> None:
    """Set two completed runs beside each other."""
    with platform_client(url) as client:
        found = client.backtests.compare(a, b)
    if as_json:
        click.echo(json.dumps(found.model_dump(mode="json"), indent=2))
    else:
        print_comparison(found)


@backtest.command()
@click.argument("run_id", metavar="RUN", type=RUN)
@URL_OPTION
def cancel(run_id: str, url: str | None) -> None:
    """Ask for RUN to stop before its next slice."""
    with platform_client(url) as client:
        found = client.backtests.cancel(run_id)
    click.echo(f"{found.run_id} was {found.status} and begins no other slice")


def _wait(client: Client, run_id: str) -> BacktestDetail:
    """Return a run when it is over, and show how far it is until then."""
    printer = ProgressPrinter()
    try:
        while True:
            found = client.backtests.get(run_id)
            printer.show(progress_line(found))
            if found.status in OVER:
                return found
            time.sleep(POLL_SECONDS)
    except KeyboardInterrupt:
        raise click.ClickException(
            f"it goes on: tradewind backtest show {run_id}, or cancel {run_id}"
        ) from None
    finally:
        printer.end()


def _show(client: Client, found: BacktestDetail, as_json: bool) -> None:
    results = client.backtests.results(found.run_id) if found.status == "completed" else None
    if as_json:
        of_run = found.model_dump(mode="json")
        of_results = None if results is None else results.model_dump(mode="json")
        document = {"run": of_run, "results": of_results}
        click.echo(json.dumps(document, indent=2))
    elif results is None:
        print_end(found)
    else:
        print_results(found.run_id, results)


def _print(document: BaseModel, as_json: bool, text: str) -> None:
    click.echo(json.dumps(document.model_dump(mode="json"), indent=2) if as_json else text)
