"""Files that are damaged or made to do harm: each is refused in words, and nothing is kept."""

import gzip
import io
import pickle
import zipfile

import polars as pl
import pytest

from tests.unit.datasets.workshop import MIDNIGHT_MS, MINUTE_MS, Workshop
from tradewind.datasets.errors import DatasetRefused

HEADER = "time,open,high,low,close,volume\n"


def candles(*rows: str) -> str:
    opened = [MIDNIGHT_MS + MINUTE_MS * number for number in range(len(rows))]
    return HEADER + "".join(f"{time},{row}\n" for time, row in zip(opened, rows, strict=True))


def parquet(frame: pl.DataFrame) -> bytes:
    target = io.BytesIO()
    frame.write_parquet(target)
    return target.getvalue()


def archive(*members: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as written:
        for number, content in enumerate(members):
            written.writestr(f"../../{number}.csv", content)
    return target.getvalue()


GOOD = "1,2,1,2,5"
WIDE = "time,open,high,low,close," + ",".join(f"c{one}" for one in range(100))
NESTED = pl.DataFrame({"time": [1], "open": [[1]], "high": [1], "low": [1], "close": [1]})
REFUSED: dict[str, tuple[str | bytes, str]] = {
    "nothing": (b"", "is empty"),
    "only names": (HEADER, "no rows|cannot be read"),
    "a price of zero": (candles(GOOD, "0,2,0,2,5"), "row 2, open: a price must be above 0"),
    "a negative price": (candles(GOOD, GOOD, "1,2,-1,2,5"), "row 3, low: a price must be above 0"),
    "no price": (candles(GOOD, "1,2,,2,5"), "row 2, low: there is no price"),
    "high below low": (candles("2,1,3,2,5", GOOD), "row 1, high: is below the low"),
    "a close outside": (candles(GOOD, "1,2,1,3,5"), "row 2, high: does not enclose"),
    "not finite": (candles(GOOD, "1,inf,1,2,5"), "row 2, high: 'inf' is not finite"),
    "not a number": (candles(GOOD, "NaN,2,1,2,5"), "row 2, open: 'NaN' is not finite"),
    "words": (candles(GOOD, "1,2,1,abc,5"), "row 2, close: 'abc' is no number"),
    "a huge number": (candles(GOOD, f"1,{'9' * 70},1,2,5"), "row 2, high: .* is too large"),
    "a huge exponent": (candles(GOOD, "1,1e999999,1,2,5"), "row 2, high: .* is too large"),
    "a huge text": (candles(GOOD, f"1,{'9' * 5_000},1,2,5"), "row 2, high: .* is no number"),
    "a negative volume": (candles(GOOD, "1,2,1,2,-5"), "row 2, volume: '-5' is no volume"),
    "an infinite volume": (candles(GOOD, "1,2,1,2,inf"), "row 2, volume"),
    "a formula": (candles(GOOD, "1,=1+1,1,2,5"), r"row 2, high: '=1\+1' is no number"),
    "no time": (HEADER + f"yesterday,{GOOD}\n", "row 1, time: 'yesterday' is no time"),
    "an ambiguous day": (HEADER + f"03/04/2025,{GOOD}\n", "row 1, time"),
    "a time before all markets": (HEADER + f"1900-01-01,{GOOD}\n", "row 1, time"),
    "the future": (HEADER + f"2031-01-01,{GOOD}\n2031-01-02,{GOOD}\n", "lies in the future"),
    "off the grid": (
        HEADER + f"{MIDNIGHT_MS + 1_000},{GOOD}\n{MIDNIGHT_MS + 61_000},{GOOD}\n",
        "not at a multiple of 1m",
    ),
    "one candle": (candles(GOOD), "does not tell its interval"),
    "an odd interval": (
        HEADER + f"{MIDNIGHT_MS},{GOOD}\n{MIDNIGHT_MS + 7_000},{GOOD}\n",
        "candles are 7 s apart",
    ),
    "other columns": ("a,b\n1,2\n", "no line with names|neither candles"),
    "too many columns": (f"{WIDE}\n1,1,1,1,1\n", "105 columns; the limit is 64"),
    "too many rows": (HEADER + f"{MIDNIGHT_MS},{GOOD}\n" * 10_001, "10,000 rows"),
    "too many bytes": (b"1" * 1_000_001, "1,000,001 bytes; the limit is 1,000,000"),
    "UTF-16": (candles(GOOD).encode("utf-16"), "UTF-16"),
    "Latin-1": (b"time,open\xe9\n", "not UTF-8: byte 9"),
    "zeros": (HEADER.encode() + b"\0\0", "neither text nor"),
    "a pickle": (pickle.dumps([1, 2, 3]), "a pickle, which could run programs"),
    "feather version 1": (b"FEA1" + bytes(100), "feather version 1"),
    "half a Parquet": (b"PAR1" + bytes(100), "cannot be read|damaged"),
    "half a feather": (b"ARROW1" + bytes(100), "cannot be read|damaged"),
    "nested Parquet": (parquet(NESTED), "'open' is List"),
    "a gzip bomb": (gzip.compress(bytes(2_000_000)), "unpacks to more than 1,000,000"),
    "a zip bomb": (archive(b"1" * 2_000_000), "unpacks to more than 1,000,000"),
    "two files in a zip": (archive(b"1", b"2"), "has 2 files in it"),
    "a damaged zip": (archive(b"1")[:40], "damaged archive"),
    "deep JSON": ("[" * 200_000, "is no JSON"),
    "JSON of one number": ("[1]", "no object|is no list"),
    "JSON of objects in lists": ("[[1,2,3,4,5,{}]]", "row 1, volume: is neither"),
    "JSON with NaN": (f"[[{MIDNIGHT_MS},NaN,2,1,2,5]]", "row 1, open: 'NaN' is not finite"),
    "short JSON rows": ("[[1,2,3]]", "row 1, row: is no list of time"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_is_refused_and_nothing_is_kept(workshop: Workshop, name: str) -> None:
    content, words = REFUSED[name]

    with pytest.raises(DatasetRefused, match=words) as refused:
        workshop.make(workshop.file("candles", content))

    assert workshop.kept() == []
    assert len(str(refused.value)) < 600


def test_an_archive_writes_nothing_outside(workshop: Workshop) -> None:
    made = workshop.make(workshop.file("packed", archive(candles(GOOD, GOOD).encode())))

    assert made.rows == 2
    assert sorted(path.name for path in workshop.path.iterdir()) == ["datasets", "packed"]


def test_candles_need_a_name(workshop: Workshop) -> None:
    with pytest.raises(DatasetRefused, match="give --as"):
        workshop.make(workshop.file("candles", candles(GOOD, GOOD)), instrument=None)
