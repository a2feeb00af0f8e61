"""`tradewind redecide`: compares recorded decisions with what today's deciders decide."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

import click

from tradewind.operations.cli.correlations import CORRELATION
from tradewind.operations.cli.tables import JSON_LINES_OPTION
from tradewind.operations.cli.times import time_range_options
from tradewind.operations.embedded.model_keys import take_model_keys
from tradewind.operations.embedded.platform_chain import take_keys


@click.command()
@click.argument("correlations", nargs=-1, type=CORRELATION, metavar="[CORRELATION]...")
@time_range_options
@click.option(
    "--file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Read an exported history instead of the ledger.",
)
@click.option(
    "--limits",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Decide by this risk policy, and print the intents that another verdict follows for.",
)
@click.option(
    "--recorded-settings",
    is_flag=True,
    help="Decide by the limits and tokens of the time, not by today's: only code can differ.",
)
@JSON_LINES_OPTION
@click.pass_context
def redecide(
    context: click.Context,
    correlations: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    file: Path | None,
    limits: Path | None,
    recorded_settings: bool,
    as_json: bool,
) -> None:
    """Run today's risk, portfolio and planner on what they decided on, and print what would differ.

    Histories are given by correlation or intent id, by a time range, or as a file. Nothing is
    published and nothing is written. Exits with 1 when a decision would differ, with 2 when they
    could not be run.
    """
    if (since or until) and (correlations or file):
        raise click.UsageError("a time range stands alone: no correlations, no file")
    if not (correlations or since or until or file):
        raise click.UsageError("say which: correlations, --from and --to, or --file")
    if limits and recorded_settings:
        raise click.UsageError("--limits are other limits than the recorded ones: say either")
    named: dict[str, str | None] = {
        "--from": since.isoformat() if since else None,
        "--to": until.isoformat() if until else None,
        "--file": str(file) if file else None,
        "--limits": str(limits) if limits else None,
    }
    arguments = [*_options(named, recorded_settings, as_json), *correlations]
    # A decision signs nothing and asks no model, so the child process gets no key.
    take_keys(os.environ)
    take_model_keys(os.environ)
    command = [sys.executable, "-m", "research.redecide", *arguments]
    context.exit(subprocess.run(command, check=False).returncode)  # noqa: S603


def _options(
    named: Mapping[str, str | None], recorded_settings: bool, as_json: bool
) -> Iterator[str]:
    for name, value in named.items():
        if value is not None:
            yield f"{name}={value}"
    if recorded_settings:
        yield "--recorded-settings"
    if as_json:
        yield "--json"
    yield "--"
