"""Coarser candles from finer ones, of those stretches only that are complete."""

from typing import NamedTuple

import polars as pl

from tradewind.contracts.market.model import CANDLE_INTERVALS_SECONDS
from tradewind.datasets.errors import DatasetRefused
from tradewind.datasets.frames import CANDLES, TIME
from tradewind.datasets.model import Note


class Resampled(NamedTuple):
    """Coarser candles in the schema of a dataset, and what was left out."""

    frame: pl.DataFrame
    notes: list[Note]


def resample(frame: pl.DataFrame, interval: str, wanted: str) -> Resampled:
    """Return candles of a coarser interval; DatasetRefused where it is no multiple.

    One that lacks a candle at its beginning or its end is left out and counted: its open or its
    close would be invented. One that lacks candles in between is kept, and counted, too.
    """
    fine, coarse = (CANDLE_INTERVALS_SECONDS[one] * 1_000 for one in (interval, wanted))
    if coarse <= fine or coarse % fine:
        raise DatasetRefused(f"{wanted} is no multiple of {interval}")
    made = _grouped(frame, coarse)
    has_ends = (pl.col("first") == pl.col("opening")) & (
        pl.col("last") == pl.col("opening") + coarse - fine
    )
    whole = made.filter(has_ends)
    if not len(whole):
        raise DatasetRefused(f"no candle of {wanted} is complete")
    notes = []
    if dropped := len(made) - len(whole):
        text = f"candles of {wanted} without their first or last {interval} were left out"
        notes.append(Note(code="incomplete", rows=dropped, text=text))
    if thin := int((whole["count"] < coarse // fine).sum()):
        text = f"candles of {wanted} lack a {interval} in between"
        notes.append(Note(code="thin", rows=thin, text=text))
    times = pl.col("opening").cast(TIME).alias("time")
    return Resampled(whole.with_columns(times).select(CANDLES.keys()), notes)


def _grouped(frame: pl.DataFrame, coarse_ms: int) -> pl.DataFrame:
    opened = pl.col("time").dt.epoch("ms")
    return (
        frame.with_columns(opened.alias("at"))
        .with_columns((pl.col("at") // coarse_ms * coarse_ms).alias("opening"))
        .group_by("opening", maintain_order=True)
        .agg(
            pl.col("open").first(),
            pl.col("high").max(),
            pl.col("low").min(),
            pl.col("close").last(),
            pl.col("volume").sum(),
            pl.col("at").first().alias("first"),
            pl.col("at").last().alias("last"),
            pl.len().alias("count"),
        )
    )
