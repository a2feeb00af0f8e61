"""Candles of one instrument made whole: sorted, once each, closed, on the grid of their interval.

Every repair is said. A gap is reported and never filled: nobody knows what traded there.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import polars as pl

from tradewind.contracts.market.model import CANDLE_INTERVALS_SECONDS
from tradewind.datasets.errors import DatasetRefused
from tradewind.datasets.exact import MAX_SCALED, decimals_needed, units
from tradewind.datasets.frames import PRICE, PRICE_SCALE, PRICES, TIME
from tradewind.datasets.model import MAX_GAPS, Gap, Note
from tradewind.trading.marketdata.intervals import from_milliseconds

NAMES_BY_MS: Final = {
    seconds * 1_000: name for name, seconds in CANDLE_INTERVALS_SECONDS.items()
}


class WholeCandles(NamedTuple):
    """Candles as a dataset keeps them."""

    frame: pl.DataFrame
    interval: str
    price_decimals: int
    notes: list[Note]


class Gaps(NamedTuple):
    """Where candles are missing."""

    first: list[Gap]
    """At most MAX_GAPS."""
    total: int
    missing: int


def whole(parts: Sequence[pl.DataFrame], interval: str | None, now_ms: int) -> WholeCandles:
    """Return the candles of several files as one history; DatasetRefused says why there is none."""
    notes: list[Note] = []
    frame = _once(_sorted(pl.concat(parts), notes), notes)
    interval = interval or interval_of(frame["time_ms"])
    step_ms = CANDLE_INTERVALS_SECONDS[interval] * 1_000
    frame = _closed(frame, step_ms, now_ms, notes)
    _check_grid(frame["time_ms"], interval, step_ms)
    frame, decimals = _fitted(frame, notes)
    columns = [pl.col("time_ms").cast(TIME).alias("time"), *PRICES, "volume"]
    return WholeCandles(frame.select(columns), interval, decimals, notes)


def _sorted(frame: pl.DataFrame, notes: list[Note]) -> pl.DataFrame:
    times = frame["time_ms"]
    if times.is_sorted():
        return frame
    is_reversed = times.is_sorted(descending=True)
    order = "newest first" if is_reversed else "not in the order of their times"
    notes.append(Note(code="unsorted", rows=len(frame), text=f"rows were {order}: sorted"))
    return frame.sort("time_ms", maintain_order=True)


def _once(frame: pl.DataFrame, notes: list[Note]) -> pl.DataFrame:
    """Return each time once. Of rows that differ the last one given counts."""
    equal = frame.unique(maintain_order=True)
    if dropped := len(frame) - len(equal):
        notes.append(Note(code="duplicates", rows=dropped, text="rows that were there twice"))
    last = equal.unique(subset=["time_ms"], keep="last", maintain_order=True)
    if dropped := len(equal) - len(last):
        text = "other candles of the same time: the last one given was kept"
        notes.append(Note(code="conflicts", rows=dropped, text=text))
    return last.sort("time_ms")


def interval_of(times_ms: pl.Series) -> str:
    """Return the interval that most neighbours are apart; DatasetRefused when it is none."""
    if len(times_ms) < 2:
        raise DatasetRefused("one candle does not tell its interval: give --interval")
    steps = times_ms.diff().drop_nulls().value_counts(sort=True)
    commonest = int(steps["time_ms"][0])
    if commonest not in NAMES_BY_MS:
        known = ", ".join(CANDLE_INTERVALS_SECONDS)
        raise DatasetRefused(f"candles are {commonest / 1_000:g} s apart, which is none of {known}")
    return NAMES_BY_MS[commonest]


def _closed(frame: pl.DataFrame, step_ms: int, now_ms: int, notes: list[Note]) -> pl.DataFrame:
    """Return the candles that are closed by now; the one that is open now is left out."""
    is_open = frame["time_ms"] + step_ms > now_ms
    count = int(is_open.sum())
    if not count:
        return frame
    if count > 1 or int(frame["time_ms"][-1]) > now_ms:
        late = from_milliseconds(int(frame["time_ms"][-1]))
        raise DatasetRefused(f"the candle of {late:%Y-%m-%d %H:%M:%S} UTC lies in the future")
    if count == len(frame):
        raise DatasetRefused("the only candle is not closed yet")
    notes.append(Note(code="open_candle", rows=1, text="the last candle was not closed yet"))
    return frame.filter(~is_open)


def _check_grid(times_ms: pl.Series, interval: str, step_ms: int) -> None:
    off = times_ms % step_ms != 0
    if off.any():
        first = from_milliseconds(int(times_ms[int(off.arg_max() or 0)]))
        raise DatasetRefused(
            f"the candle of {first:%Y-%m-%d %H:%M:%S} UTC is not at a multiple of {interval}; finer "
            "candles are made coarser by `tradewind data resample`"
        )


def _fitted(frame: pl.DataFrame, notes: list[Note]) -> tuple[pl.DataFrame, int]:
    """Return candles whose prices fit into 64 bits as integers, and the places they need."""
    columns = [units(frame[name]) for name in PRICES]
    needed = decimals_needed(columns)
    highest = int(columns[PRICES.index("high")].max() or 0)
    fitting = needed
    while fitting and highest * 10**fitting >= MAX_SCALED * 10**PRICE_SCALE:
        fitting -= 1
    if highest * 10**fitting >= MAX_SCALED * 10**PRICE_SCALE:
        raise DatasetRefused("a price is too large")
    if fitting == needed:
        return frame, needed
    text = f"prices of {needed} places were rounded to {fitting}, which is what 64 bits hold"
    notes.append(Note(code="rounded", rows=len(frame), text=text))
    step = 10 ** (PRICE_SCALE - fitting)
    rounded = [
        ((column + step // 2) // step * step).alias(name)
        for name, column in zip(PRICES, columns, strict=True)
    ]
    if any(int(column.min() or 0) <= 0 for column in rounded):
        raise DatasetRefused("prices differ so much that the lowest would become 0")
    return frame.with_columns(from_units(rounded)), fitting


def from_units(columns: list[pl.Series]) -> list[pl.Series]:
    """Return integers of 128 bits, times ten to the 18th, as decimals."""
    scale = pl.lit(10**PRICE_SCALE, dtype=pl.Int128)
    frame = pl.DataFrame(columns)
    whole_part = (pl.all() // scale).cast(pl.Decimal(38, 0)).cast(PRICE)
    rest = frame.select(pl.all() % scale)
    unit = [column.cast(pl.String).str.zfill(PRICE_SCALE) for column in rest.get_columns()]
    parts = [("0." + text).str.to_decimal(scale=PRICE_SCALE).cast(PRICE) for text in unit]
    wholes = frame.select(whole_part).get_columns()
    return [one + part for one, part in zip(wholes, parts, strict=True)]


def gaps_of(times_ms: pl.Series, interval: str) -> Gaps:
    """Return where candles are missing between the first and the last."""
    step_ms = CANDLE_INTERVALS_SECONDS[interval] * 1_000
    steps = times_ms.diff()
    before = (steps > step_ms).fill_null(False).arg_true()
    found = [
        Gap.model_validate(
            {
                "from": from_milliseconds(int(times_ms[index - 1]) + step_ms),
                "to": from_milliseconds(int(times_ms[index])),
                "missing": int(steps[index]) // step_ms - 1,
            }
        )
        for index in before[:MAX_GAPS]
    ]
    span = int(times_ms[-1]) - int(times_ms[0])
    return Gaps(found, len(before), span // step_ms + 1 - len(times_ms))
