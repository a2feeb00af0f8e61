"""What is exported and imported again is the same dataset, whatever its candles are."""

from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.datasets.workshop import INSTRUMENT, MIDNIGHT_MS, MINUTE_MS, Workshop
from tradewind.datasets.export import FORMATS, export
from tradewind.datasets.frames import CANDLES, PRICES
from tradewind.datasets.load import load_candles
from tradewind.datasets.model import Dataset, Provenance
from tradewind.datasets.resample import resample
from tradewind.datasets.verify import verify

PRICE = st.decimals("0.000001", "999999", places=6)
CANDLE = st.tuples(PRICE, PRICE, PRICE, PRICE, st.floats(0, 1e12))
MINUTES = st.lists(
    st.tuples(st.integers(0, 2_000), CANDLE), min_size=2, max_size=30, unique_by=lambda one: one[0]
)


def frame_of(
    minutes: list[tuple[int, tuple[Decimal, Decimal, Decimal, Decimal, float]]],
) -> pl.DataFrame:
    rows = []
    for minute, (first, second, third, fourth, volume) in sorted(minutes):
        low, one, other, high = sorted((first, second, third, fourth))
        rows.append((MIDNIGHT_MS + minute * MINUTE_MS, one, high, low, other, volume))
    schema = {
        "time": pl.Int64(),
        **dict.fromkeys(PRICES, pl.Decimal(38, 18)),
        "volume": pl.Float64(),
    }
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return frame.with_columns(pl.col("time").cast(CANDLES["time"]))


def made(workshop: Workshop, frame: pl.DataFrame) -> Dataset:
    return workshop.maker.make_candles(frame, INSTRUMENT, "1m", Provenance(source="tests"))


@settings(max_examples=15, deadline=None)
@given(MINUTES, st.sampled_from(FORMATS))
def test_an_exported_dataset_is_imported_as_itself(
    tmp_path_factory: pytest.TempPathFactory,
    minutes: list[tuple[int, tuple[Decimal, Decimal, Decimal, Decimal, float]]],
    kind: str,
) -> None:
    workshop = Workshop(tmp_path_factory.mktemp("round"))
    before = made(workshop, frame_of(minutes))
    target: Path = workshop.path / "out"

    export(workshop.folder, before.dataset_id, kind, target)
    again = workshop.make(target, interval="1m")

    assert again.dataset_id == before.dataset_id
    assert again.gaps == before.gaps
    assert verify(workshop.folder, again) == []
    assert len(workshop.kept()) == 1


@settings(max_examples=15, deadline=None)
@given(MINUTES)
def test_coarser_candles_are_those_of_the_complete_hours_only(
    minutes: list[tuple[int, tuple[Decimal, Decimal, Decimal, Decimal, float]]],
) -> None:
    hours = {minute // 60 for minute, _ in minutes}
    whole = [(hour * 60 + edge, candle) for hour in hours for edge, candle in
             ((0, minutes[0][1]), (59, minutes[-1][1]))]  # fmt: skip
    known = dict(minutes) | dict(whole)
    frame = frame_of(list(known.items()))

    coarse = resample(frame, "1m", "1h").frame

    assert len(coarse) == len(hours)
    for row in coarse.iter_rows(named=True):
        own = frame.filter(pl.col("time").dt.truncate("1h") == row["time"])
        assert (row["open"], row["close"]) == (own["open"][0], own["close"][-1])
        assert (row["high"], row["low"]) == (own["high"].max(), own["low"].min())


def test_an_hour_without_its_beginning_is_left_out(workshop: Workshop) -> None:
    candle = (Decimal(1), Decimal(1), Decimal(1), Decimal(1), 1.0)
    minutes = [(minute, candle) for minute in range(7, 120) if minute != 90]

    found = resample(frame_of(minutes), "1m", "1h")

    assert found.frame["time"].dt.epoch("ms").to_list() == [MIDNIGHT_MS + 60 * MINUTE_MS]
    assert [(note.code, note.rows) for note in found.notes] == [("incomplete", 1), ("thin", 1)]


def test_coarser_candles_are_loaded_from_finer_ones(workshop: Workshop) -> None:
    candle = (Decimal(1), Decimal(2), Decimal(3), Decimal(4), 1.0)
    dataset = made(workshop, frame_of([(minute, candle) for minute in range(10)]))

    candles = load_candles(workshop.folder, dataset.dataset_id, interval="5m")

    assert (candles.interval_ms, len(candles)) == (300_000, 2)
    assert (candles.open.tolist(), candles.volume.tolist()) == ([2, 2], [5.0, 5.0])


def test_a_changed_file_is_found(workshop: Workshop) -> None:
    candle = (Decimal(1), Decimal(2), Decimal(3), Decimal(4), 1.0)
    dataset = made(workshop, frame_of([(0, candle), (1, candle)]))
    assert verify(workshop.folder, dataset) == []
    path = workshop.folder / f"{dataset.dataset_id}.parquet"
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1] + b"?")

    assert "has the SHA-256" in verify(workshop.folder, dataset)[0]
