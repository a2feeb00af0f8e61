"""`tradewind parity`: whether live decisions and fills are what the same code makes of them."""

import json
import os
import subprocess
import sys
from datetime import datetime, timedelta
from typing import Any

import click

from tradewind.contracts.wire import format_timestamp
from tradewind.operations.cli.tables import JSON_LINES_OPTION, print_table
from tradewind.operations.cli.times import time_range_options
from tradewind.operations.embedded.model_keys import take_model_keys
from tradewind.operations.embedded.platform_chain import take_keys
from tradewind.runtime import clock


@click.command()
@time_range_options
@JSON_LINES_OPTION
@click.pass_context
def parity(
    context: click.Context, since: datetime | None, until: datetime | None, as_json: bool
) -> None:
    """Decide recorded intents again on the markets they were decided on, and compare their fills.

    A line for each day, UTC: how many verdicts and plans are the same to the wei, and the median
    difference of fills from what their plans expected. Without --from, the last day. Exits with 1
    when a decision differs.
    """
    until = until or clock.now()
    since = since or until - timedelta(days=1)
    # A decision signs nothing and asks no model, so the child process gets no key.
    take_keys(os.environ)
    take_model_keys(os.environ)
    times = [f"--from={format_timestamp(since)}", f"--to={format_timestamp(until)}"]
    command = [sys.executable, "-m", "research.parity", *times]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)  # noqa: S603
    if as_json or done.returncode not in (0, 1):
        click.echo(done.stdout, nl=False)
        context.exit(done.returncode)
    rows = [_row(json.loads(line)) for line in done.stdout.splitlines()]
    if not rows:
        click.echo("nothing was decided then")
        return
    headings = ("day", "equal", "verdicts", "plans", "fills", "off, bps", "price", "gas", "model")
    print_table(headings, rows, right=headings[1:])
    context.exit(done.returncode)


def _row(day: dict[str, Any]) -> tuple[str, ...]:
    equal, medians = day["equal_millionths"], day["median_hundredths_bps"]
    return (
        day["day"],
        "-" if equal is None else f"{equal // 10_000}.{equal % 10_000 // 100:02d} %",
        f"{day['verdicts_equal']}/{day['verdicts']}",
        f"{day['plans_equal']}/{day['plans']}",
        str(day["fills"]),
        *(_bps(medians[part]) for part in ("total", "price_moved", "gas", "model")),
    )


def _bps(hundredths: int | None) -> str:
    return "-" if hundredths is None else f"{hundredths // 100}.{hundredths % 100:02d}"
