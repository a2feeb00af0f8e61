"""Times in files: Unix time in any unit, and what people and programs write, as milliseconds."""

from typing import Final, NamedTuple

import polars as pl

from tradewind.datasets.errors import row_error
from tradewind.datasets.exact import MAX_SHOWN

MAX_MS: Final = 4_102_444_800_000
"""The year 2100. Nothing is later, so the unit of Unix time follows from its size."""
MIN_MS: Final = 315_532_800_000
"""The year 1980, before which there is no history of markets as these."""
_UNITS: Final = (("seconds", 1_000), ("milliseconds", 1), ("microseconds", -1_000), ("nanoseconds", -1_000_000))
_FORMATS: Final = (
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d",
    "%Y-%m-%d %I-%p",
    "%Y/%m/%d %H:%M:%S%.f",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d",
)
"""Year first only: nobody can tell whether 03/04 is in March or in April."""


class Times(NamedTuple):
    """Times of a file in milliseconds since 1970, and how they were written."""

    milliseconds: pl.Series
    units: dict[str, int]
    """How many were in seconds, microseconds, ...; empty for written ones."""
    without_zone: int
    """How many were written without a zone, and taken for UTC."""


def to_milliseconds(column: pl.Series, first_row: int) -> Times:
    """Return times in milliseconds; DatasetRefused names the first row that has none."""
    if isinstance(column.dtype, pl.Datetime):
        zone = column.dtype.time_zone
        utc = column.dt.convert_time_zone("UTC") if zone else column
        found = Times(utc.dt.epoch("ms"), {}, 0 if zone else len(column))
    elif column.dtype == pl.Date:
        found = Times(column.cast(pl.Datetime("ms")).dt.epoch("ms"), {}, len(column))
    elif column.dtype.is_numeric():
        found = _unix(column)
    else:
        found = _written(column.cast(pl.String).str.strip_chars())
    wrong = ~found.milliseconds.is_between(MIN_MS, MAX_MS).fill_null(False)
    if wrong.any():
        index = int(wrong.arg_max() or 0)
        shown = str(column[index])[:MAX_SHOWN]
        raise row_error(first_row + index, "time", f"{shown!r} is no time between 1980 and 2100")
    return found


def _unix(column: pl.Series) -> Times:
    """Read Unix time, of each row in the unit that its size tells."""
    whole = column.cast(pl.Int64, strict=False)
    result = pl.Series(values=[None], dtype=pl.Int64).new_from_index(0, len(whole))
    units: dict[str, int] = {}
    for name, factor in _UNITS:
        scaled = whole * factor if factor > 0 else whole // -factor
        # A number of seconds overflows no 64 bits: what is out of range is no time in this unit.
        low, high = (MIN_MS // factor, MAX_MS // factor) if factor > 0 else (-MIN_MS * factor, -MAX_MS * factor)
        fits = whole.is_between(low, high).fill_null(False)
        result = scaled.zip_with(fits, result)
        if count := int(fits.sum()):
            units[name] = count
    return Times(result, units, 0)


def _written(texts: pl.Series) -> Times:
    """Read times that are text: digits, or a date and what follows it."""
    numbers = texts.str.contains(r"^\d{9,19}(\.0+)?$").fill_null(False)
    unix = _unix(texts.str.extract(r"^(\d{9,19})(?:\.0+)?$").cast(pl.Int64, strict=False))
    if numbers.all():
        return unix
    tidy = texts.str.replace(r"^(\d{4}-\d\d-\d\d)[Tt]", "${1} ")
    offsets = tidy.str.extract(r"([+-]\d\d:?\d\d|[+-]\d\d)$")
    has_clock = tidy.str.contains(r"\d\d:\d\d")
    offsets = offsets.zip_with(has_clock, offsets.clear(len(offsets)))
    is_utc = tidy.str.contains(r"(?i)(z|utc)$").fill_null(False)
    bare = (
        tidy.str.replace(r"(?i) ?(z|utc)$", "")
        .str.replace(r"(\d\d:\d\d(?::\d\d(?:\.\d+)?)?) ?[+-]\d\d:?(\d\d)?$", "${1}")
    )
    moments = _parsed(bare).dt.epoch("ms") - _offset_ms(offsets)
    written = moments.zip_with(~numbers, unix.milliseconds)
    without = int((~numbers & ~is_utc & offsets.is_null() & moments.is_not_null()).sum())
    return Times(written, unix.units, without)


def _parsed(bare: pl.Series) -> pl.Series:
    frame = pl.DataFrame({"text": bare})
    kinds = [pl.col("text").str.to_datetime(one, time_unit="ms", strict=False) for one in _FORMATS]
    return frame.select(pl.coalesce(kinds).alias("moment"))["moment"]


def _offset_ms(offsets: pl.Series) -> pl.Series:
    """Return what is to be taken from the clock of a zone; 0 without one."""
    sign = pl.when(pl.col("offset").str.starts_with("-")).then(-1).otherwise(1)
    hours = pl.col("offset").str.slice(1, 2).cast(pl.Int64)
    minutes = pl.col("offset").str.extract(r"^[+-]\d\d:?(\d\d)$").cast(pl.Int64).fill_null(0)
    frame = pl.DataFrame({"offset": offsets})
    shift = (sign * (hours * 60 + minutes) * 60_000).fill_null(0)
    return frame.select(shift.alias("shift"))["shift"]
