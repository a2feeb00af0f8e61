"""Reads what a run needs: files of datasets, and what the backtester read of the ledger."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import numpy as np
import numpy.typing as npt

from actors.slice_process.recorded import Recorded, flows_of
from tradewind.contracts.backtests.model import (
    CandleData,
    Manifest,
    PoolEventData,
    RecordedData,
    Run,
    ShapedMarket,
    SignalFile,
)
from tradewind.contracts.backtests.payloads import BacktestFailure
from tradewind.contracts.market.model import CANDLE_INTERVALS_SECONDS
from tradewind.datasets import columns
from tradewind.datasets.columns import PoolPast
from tradewind.datasets.directory import DatasetDirectory
from tradewind.datasets.load import load_candles, load_pool_states, load_signals
from tradewind.datasets.pool_candles import pool_candles
from tradewind.datasets.snapshots import PoolSnapshots
from tradewind.simulation.checks import pairs_of
from tradewind.simulation.errors import SimulationFailed
from tradewind.simulation.inputs import Candles, PoolHistory, RunInputs, SignalColumns
from tradewind.simulation.manifests import tokens_sha256
from tradewind.simulation.records import Pair
from tradewind.trading.marketdata.intervals import to_milliseconds
from tradewind.trading.tokens import TokenRegistry, load_tokens


def load_inputs(
    manifest: Manifest, datasets: Path, tokens_file: Path | None, recorded: Recorded
) -> RunInputs:
    """Return the inputs of a run; SimulationFailed where data is missing or another.

    Errors of the files themselves pass: UnknownDataset, DatasetDamaged, DatasetRefused.
    """
    run, tokens = manifest.run, load_tokens(tokens_file)
    if tokens_sha256(tokens) != manifest.tokens_sha256:
        raise SimulationFailed(BacktestFailure.DATA_CHANGED, "tokens: the registry is another one")
    if isinstance(run.data, RecordedData):
        return RunInputs(tokens=tokens, flows=flows_of(recorded, tokens), shapes=recorded.shapes)
    _check_files(manifest, run.data, datasets)
    if isinstance(run.data, PoolEventData):
        pasts = _pasts_of(run, run.data, datasets, tokens)
        return RunInputs(
            tokens=tokens,
            candles=_candles_of_pools(run, run.data, pasts),
            signals=_signals_of(run, datasets),
            pools={
                pair.instrument: [PoolHistory(one.times_ms, PoolSnapshots(one)) for one in found]
                for pair, found in pasts
            },
        )
    _check_shapes(run, recorded)
    return RunInputs(
        tokens=tokens,
        candles=_candles_of_files(run, run.data, datasets),
        signals=_signals_of(run, datasets),
        shapes=recorded.shapes,
    )


def count_steps(run: Run, datasets: Path, tokens: TokenRegistry) -> int:
    """Return how many steps a run over files has."""
    if isinstance(run.data, PoolEventData):
        found = _candles_of_pools(run, run.data, _pasts_of(run, run.data, datasets, tokens))
    else:
        assert isinstance(run.data, CandleData), "recorded flows have no steps in files"
        found = _candles_of_files(run, run.data, datasets)
    return len(np.unique(np.concatenate([one.open_times_ms for one in found.values()])))


def _check_files(manifest: Manifest, data: CandleData | PoolEventData, datasets: Path) -> None:
    """DatasetDamaged unless the files are those that the manifest was made with."""
    directory = DatasetDirectory(datasets)
    if manifest.dataset_sha256 is not None:
        directory.check(data.dataset, manifest.dataset_sha256)
    for dataset_id, sha256 in manifest.more_sha256.items():
        directory.check(dataset_id, sha256)


def _check_shapes(run: Run, recorded: Recorded) -> None:
    if isinstance(run.market, ShapedMarket):
        missing = [one for one in run.market.shapes if one not in recorded.shapes]
        if missing:
            detail = f"market.shapes: the ledger has no instrument.pool_observed {missing[0]}"
            raise SimulationFailed(BacktestFailure.DATA_MISSING, detail)


def _candles_of_files(run: Run, data: CandleData, datasets: Path) -> dict[str, Candles]:
    """Return the candles of each instrument, in the run's period."""
    since_ms, until_ms = to_milliseconds(run.from_), to_milliseconds(run.to)
    found = {}
    for dataset_id in (data.dataset, *data.more.values()):
        read = load_candles(datasets, dataset_id, since_ms, until_ms, data.interval)
        found[read.instrument] = _columns(read)
    if set(found) != set(run.instruments):
        detail = f"data: has {', '.join(found)}, and the run is of {', '.join(run.instruments)}"
        raise SimulationFailed(BacktestFailure.DATA_MISSING, detail)
    return found


def _pasts_of(
    run: Run, data: PoolEventData, datasets: Path, tokens: TokenRegistry
) -> list[tuple[Pair, Sequence[PoolPast]]]:
    """Return the pools of each instrument; SimulationFailed names one that has none."""
    pasts = load_pool_states(datasets, data.dataset, to_milliseconds(run.to))
    found: list[tuple[Pair, Sequence[PoolPast]]] = []
    for pair in pairs_of(run, tokens):
        wanted = {pair.base, pair.quote}
        own = [one for one in pasts if {one.pool.token0, one.pool.token1} == wanted and len(one)]
        if not own:
            detail = f"data.dataset: has no pool of {pair.instrument}"
            raise SimulationFailed(BacktestFailure.DATA_MISSING, detail)
        found.append((pair, own))
    return found


def _candles_of_pools(
    run: Run, data: PoolEventData, pasts: Sequence[tuple[Pair, Sequence[PoolPast]]]
) -> dict[str, Candles]:
    """Return candles of the prices that each instrument's pools had."""
    period = to_milliseconds(run.from_), to_milliseconds(run.to)
    interval_ms = CANDLE_INTERVALS_SECONDS[data.interval] * 1_000
    return {
        pair.instrument: _columns(
            pool_candles(pair.instrument, pair.base, own, period, interval_ms)
        )
        for pair, own in pasts
    }


def _columns(read: columns.Candles) -> Candles:
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
    sizes, limits = _own(read.sizes, mask), _own(read.limit_prices, mask)
    return SignalColumns(read.times_ms[mask], read.sides[mask], sizes, limits)


def _own(
    numbers: Sequence[Decimal | None], mask: npt.NDArray[np.bool_]
) -> list[Decimal | None] | None:
    """Return the numbers of one instrument; None where it has none."""
    own = [number for number, is_own in zip(numbers, mask, strict=True) if is_own]
    return own if any(number is not None for number in own) else None
