"""Prints lists: a table for people, or one JSON document per line for scripts."""

import json
import shutil
import sys
import textwrap
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final

import click

GAP: Final = "  "
LEAST_LAST_COLUMNS: Final = 20
"""The last cell is not wrapped to fewer columns than this; the terminal then breaks it."""

JSON_LINES_OPTION: Final = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON document per line."
)
DEFAULT_LISTED: Final = 50


def limit_option[F: Callable[..., Any]](maximum: int) -> Callable[[F], F]:
    """Return the option that limits the length of a list."""
    return click.option(
        "--limit",
        type=click.IntRange(1, maximum),
        default=DEFAULT_LISTED,
        show_default=True,
        help="How many to list at most.",
    )


def print_list[T](
    found: Sequence[T],
    as_json: bool,
    *,
    document: Callable[[T], Mapping[str, Any]],
    headings: Sequence[str],
    row: Callable[[T], Sequence[str]],
    nothing: str,
) -> None:
    """Print a list; `nothing` is printed in place of an empty table."""
    if as_json:
        for one in found:
            click.echo(json.dumps(document(one)))
    elif found:
        print_table(headings, [row(one) for one in found])
    else:
        click.echo(nothing)


def print_table(
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    right: Collection[str] = (),
    alarming: Collection[int] = (),
) -> None:
    """Print rows in columns. No cell is ever truncated, because ids have to be copied.

    On a terminal the last cell is wrapped below itself. `right` are the headings of the columns
    that are aligned there, `alarming` the numbers of the rows, from 0, to be printed in red.
    """
    lines = [[printable(cell) for cell in line] for line in (headings, *rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)][:-1]
    room = terminal_columns() - sum(widths) - len(GAP) * len(widths)
    for number, (*cells, last) in enumerate(lines, start=-1):
        start = "".join(
            (cell.rjust(width) if heading in right else cell.ljust(width)) + GAP
            for heading, cell, width in zip(headings, cells, widths, strict=False)
        )
        text = (start + _fold(last, room, len(start))).rstrip()
        click.echo(click.style(text, fg="red") if number in alarming else text)


def _fold(text: str, columns: int, indent: int) -> str:
    if columns < LEAST_LAST_COLUMNS:
        return text
    lines = textwrap.wrap(text, columns, break_long_words=False, break_on_hyphens=False)
    return f"\n{' ' * indent}".join(lines)


def terminal_columns() -> int:
    """Return the width of the terminal; 0 when the output is no terminal."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else 0


def printable(text: str) -> str:
    """Replace control characters: a subject may contain an escape sequence for the terminal."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
