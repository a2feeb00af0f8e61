"""Datasets, manifests and requests for tests of the backtester."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from tests.unit.simulation.factories import manifest_of, random_candles
from tradewind.contracts.backtests.model import CandleData, Manifest
from tradewind.contracts.backtests.payloads import BacktestRequested
from tradewind.contracts.envelope import Event, first_event
from tradewind.contracts.ids import CorrelationKind, make_correlation_id, make_ulid
from tradewind.contracts.subjects import EventKey
from tradewind.datasets.directory import DatasetDirectory
from tradewind.datasets.frames import CANDLES, PRICE, PRICES, TIME, Header, write
from tradewind.datasets.model import DatasetKind
from tradewind.simulation.manifests import manifest_sha256

STARTED = datetime(2026, 2, 1, tzinfo=UTC)
INTERVALS = {60_000: "1m", 3_600_000: "1h"}


class KeptCandles(NamedTuple):
    """A dataset in a folder, and a manifest over all of it."""

    folder: Path
    manifest: Manifest


def kept_candles(folder: Path, bars: int, strategy: dict[str, Any], **run: Any) -> KeptCandles:
    """Write random candles as a dataset; return a manifest over them."""
    interval_ms = run.pop("interval_ms", 60_000)
    candles = random_candles(bars, interval_ms=interval_ms)
    hundredths = {name: getattr(candles, name) for name in PRICES}
    frame = pl.DataFrame({"time": candles.open_times_ms, **hundredths, "volume": candles.volume})
    frame = frame.with_columns(
        pl.col("time").cast(TIME),
        *((pl.col(name).cast(PRICE) / 100).cast(PRICE) for name in PRICES),
    )
    interval = INTERVALS[interval_ms]
    header = Header(
        kind=DatasetKind.CANDLES,
        instrument=candles.instrument,
        interval=interval,
        price_decimals=2,
    )
    directory = DatasetDirectory(folder)
    with directory.unfinished() as path:
        write(frame.select(CANDLES.keys()), header, path)
        kept = directory.keep(path)
    data = CandleData(dataset=kept.dataset_id, interval=interval)
    manifest = manifest_of([candles], strategy, data=data, **run)
    return KeptCandles(folder, manifest.model_copy(update={"dataset_sha256": kept.sha256}))


def request_of(manifest: Manifest, number: int, **fields: Any) -> Event[BacktestRequested]:
    """Return the event that asks for a run; numbers tell runs apart."""
    run_id = make_ulid(int(STARTED.timestamp() * 1_000), number.to_bytes(10))
    payload = BacktestRequested(
        run_id=run_id, manifest=manifest, manifest_sha256=manifest_sha256(manifest), **fields
    )
    return first_event(
        payload,
        correlation_id=make_correlation_id(CorrelationKind.BACKTEST, run_id),
        key=EventKey(),
        producer="gateway",
        at=STARTED,
    )
