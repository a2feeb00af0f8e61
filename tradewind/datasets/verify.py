"""Holds a dataset's file against its manifest: bytes, rows, order, prices and gaps."""

from pathlib import Path

import polars as pl

from tradewind.datasets.candles import gaps_of
from tradewind.datasets.directory import DatasetDirectory, sha256_of
from tradewind.datasets.formats.pool_rows import rows_of
from tradewind.datasets.frames import PRICES, SCHEMAS, Header, own_header
from tradewind.datasets.importing import check_pools
from tradewind.datasets.model import Dataset, DatasetKind


def verify(folder: Path, dataset: Dataset) -> list[str]:
    """Return what is wrong, in words; nothing when the file is the one the manifest describes.

    UnknownDataset when there is no file, DatasetDamaged when it is none of a dataset.
    """
    path = DatasetDirectory(folder).file_of(dataset.dataset_id)
    found = sha256_of(path)
    if found != dataset.sha256:
        return [f"the file has the SHA-256 {found}, not {dataset.sha256}"]
    header = own_header(path)
    frame = pl.read_parquet(path)
    problems = _described(dataset, header, frame)
    if problems:
        return problems
    if dataset.kind == DatasetKind.CANDLES:
        return _candles(dataset, frame)
    if dataset.kind == DatasetKind.POOL_EVENTS:
        check_pools(header.pools, list(rows_of(frame)))
    return []


def _described(dataset: Dataset, header: Header, frame: pl.DataFrame) -> list[str]:
    if header.kind != dataset.kind or header.instrument != dataset.instrument:
        return ["the file says that it is another kind or of another instrument"]
    if dict(frame.schema) != dict(SCHEMAS[dataset.kind]):
        return ["the file has other columns"]
    problems = []
    if len(frame) != dataset.rows:
        problems.append(f"the file has {len(frame)} rows, not {dataset.rows}")
    if not frame["time"].is_sorted():
        problems.append("the times do not ascend")
    return problems


def _candles(dataset: Dataset, frame: pl.DataFrame) -> list[str]:
    problems = []
    times = frame["time"].dt.epoch("ms")
    if times.n_unique() != len(times):
        problems.append("a time is there twice")
    inside = (pl.col("low") <= pl.min_horizontal("open", "close")) & (
        pl.max_horizontal("open", "close") <= pl.col("high")
    )
    if not frame.select((inside & (pl.col("low") > 0)).all()).item():
        problems.append("a candle does not enclose its open and close, or is not above 0")
    if any(frame[name].null_count() for name in PRICES):
        problems.append("a price is missing")
    assert dataset.interval is not None
    gaps = gaps_of(times, dataset.interval)
    if (gaps.total, gaps.missing) != (dataset.gaps_total, dataset.missing):
        problems.append(f"{gaps.missing} candles are missing, not {dataset.missing}")
    return problems
