"""Puts the tables into docs/CAPACITY.md, between two marks."""

from pathlib import Path
from typing import Final

from loadtest.bench.run import REPOSITORY
from loadtest.scale.points import Measured
from loadtest.scale.sheets import foretold, sheets

DOCUMENT: Final = REPOSITORY / "docs" / "CAPACITY.md"
BEGIN: Final = "<!-- scale: written by `make scale ARGS='--document'` -->"
END: Final = "<!-- scale: end -->"


def rendered(measured: Measured) -> str:
    """Return all tables as a document has them, and how well the model foretold."""
    parts = [f"Measured {measured.date}, commit {measured.revision}:"]
    parts += [f"**{sheet.title}**\n\n{sheet.markdown()}" for sheet in sheets(measured)]
    return "\n\n".join([*parts, foretold_text(measured)])


def foretold_text(measured: Measured) -> str:
    """Return how far the model of the other rates misses the highest one."""
    missed = foretold(measured)
    if missed is None:
        return "Too few rates to foretell one by the others."
    return f"The CPU at the highest rate, foretold by the other rates alone: {missed:+.0%}."


def replaced(text: str, tables: str) -> str:
    """Return a document with these tables; ValueError when it has no place for them."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the document has no {BEGIN} … {END}")
    return f"{before}{BEGIN}\n\n{tables}\n\n{END}{after}"


def write_document(measured: Measured, path: Path = DOCUMENT) -> None:
    """Replace the tables of the document."""
    path.write_text(replaced(path.read_text(), rendered(measured)))
