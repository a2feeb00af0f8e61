"""Reads what a run needs from the files of datasets, as the engine takes it."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from tradewind.contracts.backtests.model import CandleData, Manifest, Run, SignalFile
from tradewind.contracts.backtests.payloads import BacktestFailure
from tradewind.datasets import columns
from tradewind.datasets.directory import DatasetDirectory
from tradewind.datasets.load import load_candles, load_signals
from tradewind.simulation.errors import SimulationFailed
from tradewind.simulation.inputs import Candles, RunInputs, SignalColumns
from tradewind.simulation.manifests import tokens_sha256
from tradewind.trading.marketdata.intervals import to_milliseconds
from tradewind.trading.tokens import load_tokens


def load_inputs(manifest: Manifest, datasets: Path, tokens_file: Path | None) -> RunInputs:
    """Return the inputs of a run; SimulationFailed where data is missing or another.

    Errors of the files themselves pass: UnknownDataset, DatasetDamaged, DatasetRefused.
    """
    run, tokens = manifest.run, load_tokens(tokens_file)
    if tokens_sha256(tokens) != manifest.tokens_sha256:
        raise SimulationFailed(BacktestFailure.DATA_CHANGED, "tokens: the registry is another one")
    if not isinstance(run.data, CandleData):
        detail = f"data: {run.data.kind} cannot be read by this backtester"
        raise SimulationFailed(BacktestFailure.DATA_MISSING, detail)
    if manifest.dataset_sha256 is not None:
        DatasetDirectory(datasets).check(run.data.dataset, manifest.dataset_sha256)
    candles = candles_of(run, run.data, datasets)
    return RunInputs(
        tokens=tokens,
        candles={candles.instrument: candles},
        signals=_signals_of(run, datasets),
    )


def candles_of(run: Run, data: CandleData, datasets: Path) -> Candles:
    """Return the candles of a run's period."""
    since_ms, until_ms = to_milliseconds(run.from_), to_milliseconds(run.to)
    read = load_candles(datasets, data.dataset, since_ms, until_ms, data.interval)
    if run.instruments != (read.instrument,):
        detail = f"data.dataset: has {read.instrument}, and the run is of {run.instruments}"
        raise SimulationFailed(BacktestFailure.DATA_MISSING, detail)
    return Candles(
        read.instrument,
        read.interval_ms,
        read.price_decimals,
        read.open_times_ms,
        read.open,
        read.high,
        read.low,
        read.close,
        read.volume,
    )


def _signals_of(run: Run, datasets: Path) -> dict[str, SignalColumns]:
    if not isinstance(run.strategy, SignalFile):
        return {}
    since_ms, until_ms = to_milliseconds(run.from_), to_milliseconds(run.to)
    read = load_signals(datasets, run.strategy.dataset, since_ms, until_ms)
    return {name: _of_instrument(read, name) for name in run.instruments}


def _of_instrument(read: columns.SignalColumns, name: str) -> SignalColumns:
    number = read.instruments.index(name) if name in read.instruments else -1
    mask = read.instrument_numbers == number
    sizes: list[Decimal | None] = [
        size for size, is_own in zip(read.sizes, mask, strict=True) if is_own
    ]
    own: Any = sizes if any(size is not None for size in sizes) else None
    return SignalColumns(read.times_ms[mask], read.sides[mask], own)
