"""Decimals of 18 places as integers, column by column, never through floats."""

from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Final

import numpy as np
import polars as pl

from tradewind.contracts.precision import EXACT
from tradewind.datasets.columns import Integers
from tradewind.datasets.errors import row_error
from tradewind.datasets.frames import PRICE, PRICE_SCALE

MAX_SCALED: Final = 10**18
"""Prices as integers stay below, so that a 64 bit integer holds them and the sum of several."""
MAX_WRITTEN: Final = 80
"""Characters of a number in a file."""
MAX_SHOWN: Final = 40
_STEP: Final = Decimal(1).scaleb(-PRICE_SCALE)
_MAX: Final = Decimal(10) ** (38 - PRICE_SCALE)


def to_decimals(column: pl.Series, field: str, first_row: int) -> tuple[pl.Series, int]:
    """Return a column of numbers as decimals, and how many had to be rounded to 18 places.

    Text and floats are read digit by digit: a float is what it prints as. Nulls stay nulls.
    DatasetRefused names the row of what is no finite number, or too large.
    """
    if column.dtype.is_integer():
        column = column.cast(pl.String)
    if column.dtype.is_decimal() and column.dtype == PRICE:
        return column, 0
    texts = column.cast(pl.String).str.strip_chars()
    plain = texts.str.contains(r"^[+-]?\d{1,19}(\.\d{1,18})?$").fill_null(False)
    simple = texts.zip_with(plain, pl.Series([None], dtype=pl.String).new_from_index(0, len(texts)))
    decimals = simple.str.to_decimal(scale=PRICE_SCALE).cast(PRICE)
    odd = (~plain & texts.is_not_null() & (texts != "")).arg_true()
    if not len(odd):
        return decimals, 0
    rounded = 0
    values: list[Decimal] = []
    for index in odd:
        value, is_exact = _parse(texts[index], field, first_row + index)
        values.append(value)
        rounded += not is_exact
    return decimals.scatter(odd, pl.Series(values, dtype=PRICE)), rounded


def _parse(text: str, field: str, row: int) -> tuple[Decimal, bool]:
    """Return a number of an unusual form, and whether 18 places hold it."""
    shown = repr(text[:MAX_SHOWN])
    try:
        value = Decimal(text) if len(text) <= MAX_WRITTEN else None
    except InvalidOperation:
        value = None
    if value is None:
        raise row_error(row, field, f"{shown} is no number")
    if not value.is_finite():
        raise row_error(row, field, f"{shown} is not finite")
    if abs(value) >= _MAX:
        raise row_error(row, field, f"{shown} is too large")
    rounded = value.quantize(_STEP, ROUND_HALF_EVEN, EXACT)
    return rounded, rounded == value


def units(column: pl.Series) -> pl.Series:
    """Return decimals as integers of 128 bits, times ten to the 18th."""
    return column.cast(PRICE).to_physical()


def decimals_needed(columns: list[pl.Series]) -> int:
    """Return the fewest places that hold every value of columns of `units` exactly."""
    low, high = 0, PRICE_SCALE
    while low < high:
        middle = (low + high) // 2
        step = 10 ** (PRICE_SCALE - middle)
        if all(bool((column % step == 0).all()) for column in columns):
            high = middle
        else:
            low = middle + 1
    return low


def scaled(column: pl.Series, decimals: int) -> Integers:
    """Return decimals as integers times ten to the power of `decimals`, which hold them exactly."""
    integers = units(column) // 10 ** (PRICE_SCALE - decimals)
    return np.ascontiguousarray(integers.cast(pl.Int64).to_numpy())
