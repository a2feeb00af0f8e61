"""Files as tables: names of columns, and the columns that somebody wants, as they are written."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, NamedTuple

import polars as pl

from tradewind.datasets.errors import DatasetRefused
from tradewind.datasets.formats.csv_text import dialect_of
from tradewind.datasets.formats.json_rows import read_lines, read_list
from tradewind.datasets.formats.source import Container, Source
from tradewind.datasets.frames import Header, header_of

MAX_COLUMNS: Final = 64
MAX_ERROR: Final = 300
CANDLE_COLUMNS: Final = ("time", "open", "high", "low", "close", "volume")
OWN: Final = "tradewind"

type Load = Callable[[Sequence[int]], pl.DataFrame]


class Table(NamedTuple):
    """A file as a table. Rows count from 1, without a header."""

    format: str
    names: tuple[str, ...]
    """In lower case."""
    load: Load
    """Read the columns of these numbers; at most one row more than allowed."""
    header: Header | None = None
    """What a file of ours says of itself."""

    def column(self, *wanted: str) -> int | None:
        """Return the number of the first of these columns that there is."""
        return next((self.names.index(name) for name in wanted if name in self.names), None)


def open_table(source: Source, max_rows: int) -> Table:
    """Return a file as a table; DatasetRefused for what is none, or not what is read."""
    with refusing(source.name):
        table = _READERS[source.container](source, max_rows)
    if len(table.names) > MAX_COLUMNS:
        raise DatasetRefused(f"{len(table.names)} columns; the limit is {MAX_COLUMNS}")
    return table


def load_columns(table: Table, columns: Sequence[int], max_rows: int) -> pl.DataFrame:
    """Return columns in the order asked for; DatasetRefused for none, or too many rows."""
    with refusing("the file"):
        frame = table.load(columns)
    if len(frame) > max_rows:
        raise DatasetRefused(f"more than {max_rows:,} rows, which is the limit")
    if not len(frame):
        raise DatasetRefused("there are no rows")
    return frame


@contextmanager
def refusing(name: str) -> Iterator[None]:
    """Raise DatasetRefused for what polars cannot read."""
    try:
        yield
    except (pl.exceptions.PolarsError, OSError, OverflowError, ValueError) as error:
        raise DatasetRefused(f"{name} cannot be read: {str(error)[:MAX_ERROR]}") from None
    except pl.exceptions.PanicException as error:
        raise DatasetRefused(f"{name} is damaged: {str(error)[:MAX_ERROR]}") from None


def _parquet(source: Source, max_rows: int) -> Table:
    schema = pl.read_parquet_schema(source.path)
    _check_types(schema)
    rows = pl.scan_parquet(source.path).select(pl.len()).collect().item()
    _check_rows(rows, max_rows)
    names = list(schema)

    def load(columns: Sequence[int]) -> pl.DataFrame:
        return pl.read_parquet(source.path, columns=[names[one] for one in columns])

    header = header_of(source.path)
    return Table(OWN if header else "parquet", _lower(names), load, header)


def _arrow(source: Source, max_rows: int) -> Table:
    schema = pl.read_ipc_schema(source.path)
    _check_types(schema)
    rows = pl.scan_ipc(source.path).select(pl.len()).collect().item()
    _check_rows(rows, max_rows)
    names = list(schema)

    def load(columns: Sequence[int]) -> pl.DataFrame:
        return pl.read_ipc(source.path, columns=[names[one] for one in columns], memory_map=False)

    return Table("freqtrade_feather", _lower(names), load)


def _check_types(schema: "pl.Schema | dict[str, pl.DataType]") -> None:
    if len(schema) > MAX_COLUMNS:
        raise DatasetRefused(f"{len(schema)} columns; the limit is {MAX_COLUMNS}")
    for name, kind in schema.items():
        if kind.is_nested() or kind == pl.Object:
            raise DatasetRefused(f"column {name[:40]!r} is {str(kind)[:40]}, which is not read")


def _check_rows(rows: int, max_rows: int) -> None:
    if rows > max_rows:
        raise DatasetRefused(f"{rows:,} rows; the limit is {max_rows:,}")


def _csv(source: Source, max_rows: int) -> Table:
    dialect = dialect_of(source.head)

    def load(columns: Sequence[int]) -> pl.DataFrame:
        frame = pl.read_csv(
            source.path,
            has_header=False,
            skip_lines=dialect.lines_before,
            separator=dialect.separator,
            infer_schema=False,
            n_rows=max_rows + 1,
            columns=sorted(columns),
            encoding="utf8",
        )
        order = {number: position for position, number in enumerate(sorted(columns))}
        frame = frame.select(frame.columns[order[number]] for number in columns)
        if dialect.separator == ";":
            # Where semicolons divide fields, commas are decimal points.
            point = pl.all().str.replace(r"^([+-]?\d+),(\d+)$", "${1}.${2}")
            frame = frame.with_columns(point)
        return frame

    return Table(dialect.format, dialect.names, load, dialect.header)


def _json(source: Source, max_rows: int) -> Table:
    read = read_list if source.container == Container.JSON else read_lines
    found = read(source.path, max_rows)

    def load(columns: Sequence[int]) -> pl.DataFrame:
        return found.frame.select(found.frame.columns[one] for one in columns)

    return Table(found.format, _lower(found.frame.columns), load)


def _lower(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(name.strip().lower() for name in names)


_READERS: Final[dict[Container, Callable[[Source, int], Table]]] = {
    Container.PARQUET: _parquet,
    Container.ARROW: _arrow,
    Container.CSV: _csv,
    Container.JSON: _json,
    Container.JSON_LINES: _json,
}
