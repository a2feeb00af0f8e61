"""`tradewind new`: writes the folder that something of one's own begins with."""

import re
from pathlib import Path
from typing import Final

import click

from tradewind.operations.cli.strategy_template import files_of

NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,47}", re.ASCII)


@click.group()
def new() -> None:
    """Begin a strategy of your own."""


@new.command()
@click.argument("name")
@click.option(
    "--step",
    "is_stepped",
    is_flag=True,
    help="A function that sees one bar after the other, instead of all candles at once.",
)
@click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="The folder to write into. [default: here]",
)
def strategy(name: str, is_stepped: bool, into: Path) -> None:
    """Write a package with a strategy and its test.

    It is installed with `pip install -e`, and then `tradewind backtest run` and the live platform
    know it by its name. Nothing that is there is overwritten.
    """
    if not NAME.fullmatch(name):
        raise click.BadParameter(
            "must be at most 48 lower-case letters, digits and underscores, a letter first",
            param_hint="NAME",
        )
    folder = into / f"tradewind_{name}"
    if folder.exists():
        raise click.ClickException(f"{folder} is there already")
    for path, text in files_of(name, is_stepped=is_stepped).items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    click.echo(f"{folder}: install it with\n  pip install -e {folder}\nand try it with")
    click.echo(f"  pytest {folder}")
