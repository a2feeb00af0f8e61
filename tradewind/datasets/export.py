"""Datasets as CSV, Parquet or JSON lines for other programs; each can be imported again."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

import polars as pl

from tradewind.datasets.directory import DatasetDirectory
from tradewind.datasets.formats.csv_text import OWN_LINE
from tradewind.datasets.frames import Header, own_header

FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "'")
"""What a spreadsheet takes for a formula at the beginning of a text, and the mark against it."""
BATCH_ROWS: Final = 131_072


def export(folder: Path, dataset_id: str, kind: str, target: Path) -> int:
    """Write a dataset to a new file, whole or not at all; return how many rows it has."""
    path = DatasetDirectory(folder).file_of(dataset_id)
    header = own_header(path)
    unfinished = target.with_name(f"{target.name}.part")
    try:
        rows = _WRITERS[kind](path, header, unfinished)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    return rows


def _parquet(path: Path, header: Header, target: Path) -> int:
    shutil.copyfile(path, target)
    return int(pl.scan_parquet(path).select(pl.len()).collect().item())


def _csv(path: Path, header: Header, target: Path) -> int:
    """Write rows with their names in the second line; the first says what the dataset is."""
    with target.open("wb") as stream:
        stream.write(f"{OWN_LINE}{header.model_dump_json()}\n".encode())
        frame = _plain(pl.read_parquet(path), is_for_spreadsheets=True)
        frame.write_csv(stream, quote_style="necessary", batch_size=BATCH_ROWS)
    return len(frame)


def _json_lines(path: Path, header: Header, target: Path) -> int:
    frame = _plain(pl.read_parquet(path), is_for_spreadsheets=False)
    frame.write_ndjson(target)
    return len(frame)


def _plain(frame: pl.DataFrame, *, is_for_spreadsheets: bool) -> pl.DataFrame:
    """Return values as text: times as RFC 3339, decimals without zeros at their end."""
    columns = []
    for name, kind in frame.schema.items():
        column = pl.col(name)
        if isinstance(kind, pl.Datetime):
            columns.append(column.dt.strftime("%Y-%m-%dT%H:%M:%S%.3fZ"))
        elif kind.is_decimal():
            columns.append(column.cast(pl.String).str.replace(r"\.?0+$", ""))
        elif kind == pl.String and is_for_spreadsheets:
            columns.append(_harmless(column))
        else:
            columns.append(column)
    return frame.select(columns)


def _harmless(column: pl.Expr) -> pl.Expr:
    """Return texts of which no spreadsheet makes a formula; numbers stay as they are."""
    is_number = column.str.contains(r"^[+-]?\d+(\.\d+)?$")
    starts = pl.any_horizontal(column.str.starts_with(start) for start in FORMULA_STARTS)
    return (
        pl.when(starts & ~is_number)
        .then(pl.lit("'") + column)
        .otherwise(column)
        .alias(column.meta.output_name())
    )


_WRITERS: Final[dict[str, Callable[[Path, Header, Path], int]]] = {
    "csv": _csv,
    "parquet": _parquet,
    "jsonl": _json_lines,
}
FORMATS: Final = tuple(_WRITERS)
