"""Tables for people: on a terminal they fit it, in a pipe nothing of them is cut off."""

from typing import Final

from rich.console import Console
from rich.table import Table

PIPE_COLUMNS: Final = 240


def make_table(*headings: str) -> Table:
    """Return an empty table without borders, one line per row."""
    table = Table(box=None, pad_edge=False)
    for heading in headings:
        table.add_column(heading, no_wrap=True)
    return table


def print_table(table: Table) -> None:
    """Print it. What is in the cells is text, whatever brackets it holds."""
    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console = Console(highlight=False, markup=False, width=PIPE_COLUMNS)
    console.print(table)
