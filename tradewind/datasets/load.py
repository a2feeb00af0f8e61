"""Reads datasets as the columns that back-tests work on, and of a range only what is needed."""

from pathlib import Path

import numpy as np
import polars as pl

from tradewind.contracts.market.model import CANDLE_INTERVALS_SECONDS
from tradewind.datasets.columns import SIDE_NUMBERS, Candles, PoolPast, SignalColumns
from tradewind.datasets.directory import DatasetDirectory
from tradewind.datasets.errors import DatasetDamaged, DatasetRefused
from tradewind.datasets.exact import scaled
from tradewind.datasets.formats.pool_rows import rows_of
from tradewind.datasets.frames import PRICES, Header, own_header, scan
from tradewind.datasets.model import DatasetKind
from tradewind.datasets.pool_events import past_of
from tradewind.datasets.resample import resample


def load_candles(
    folder: Path,
    dataset_id: str,
    since_ms: int | None = None,
    until_ms: int | None = None,
    interval: str | None = None,
) -> Candles:
    """Return the candles that open at `since_ms <= time < until_ms`, exactly as they were kept.

    A coarser `interval` is made from them. UnknownDataset, DatasetDamaged, or DatasetRefused when
    it has no candles or not that interval.
    """
    path, header = _opened(folder, dataset_id, DatasetKind.CANDLES)
    if header.instrument is None or header.interval is None:
        raise DatasetDamaged(f"{dataset_id} does not say what its candles are of")
    frame, kept = _collected(scan(path, since_ms, until_ms), dataset_id), header.interval
    if interval is not None and interval != kept and len(frame):
        frame, kept = resample(frame, kept, interval).frame, interval
    columns = {name: scaled(frame[name], header.price_decimals) for name in PRICES}
    times = frame["time"].dt.epoch("ms").to_numpy()
    return Candles(
        instrument=header.instrument,
        interval_ms=CANDLE_INTERVALS_SECONDS[kept] * 1_000,
        price_decimals=header.price_decimals,
        open_times_ms=np.ascontiguousarray(times),
        volume=np.ascontiguousarray(frame["volume"].to_numpy()),
        **columns,
    )


def load_signals(
    folder: Path, dataset_id: str, since_ms: int | None = None, until_ms: int | None = None
) -> SignalColumns:
    """Return the signals of a time range; errors as of `load_candles`."""
    path, _ = _opened(folder, dataset_id, DatasetKind.SIGNALS)
    frame = _collected(scan(path, since_ms, until_ms), dataset_id)
    instruments = frame["instrument"].unique().sort().to_list()
    numbers = {name: number for number, name in enumerate(instruments)}
    return SignalColumns(
        times_ms=np.ascontiguousarray(frame["time"].dt.epoch("ms").to_numpy()),
        instruments=tuple(instruments),
        instrument_numbers=np.array(
            [numbers[name] for name in frame["instrument"]], dtype=np.int32
        ),
        sides=np.array([SIDE_NUMBERS[side] for side in frame["side"]], dtype=np.int8),
        sizes=frame["size"].to_list(),
        limit_prices=frame["limit_price"].to_list(),
        ids=frame["id"].to_list(),
    )


def load_pool_states(
    folder: Path, dataset_id: str, until_ms: int | None = None
) -> tuple[PoolPast, ...]:
    """Return each pool's states from its beginning to before a time; errors as of `load_candles`.

    There is no lower bound: a state is what all events before it made.
    """
    path, header = _opened(folder, dataset_id, DatasetKind.POOL_EVENTS)
    frame = _collected(scan(path, None, until_ms), dataset_id)
    return tuple(
        past_of(pool.facts(), rows_of(frame.filter(pl.col("pool") == pool.address)))
        for pool in header.pools
    )


def _opened(folder: Path, dataset_id: str, kind: DatasetKind) -> tuple[Path, Header]:
    path = DatasetDirectory(folder).file_of(dataset_id)
    header = own_header(path)
    if header.kind != kind:
        raise DatasetRefused(f"{dataset_id} has {header.kind.value}, not {kind.value}")
    return path, header


def _collected(frame: pl.LazyFrame, dataset_id: str) -> pl.DataFrame:
    try:
        return frame.collect()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DatasetDamaged(f"{dataset_id} cannot be read: {str(error)[:200]}") from None
