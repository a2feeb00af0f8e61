"""The steps of a run: the distinct opening times of its instruments, and which candle is where."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tradewind.contracts.backtests.model import Manifest, Run, is_within
from tradewind.contracts.backtests.payloads import BacktestFailure
from tradewind.simulation.errors import SimulationFailed
from tradewind.simulation.inputs import Candles, IntColumn, InvalidColumns, RunInputs
from tradewind.trading.marketdata.intervals import from_milliseconds


@dataclass(frozen=True, slots=True)
class Timeline:
    """Steps of a run over candles."""

    times_ms: IntColumn
    """When each step opens."""
    candles: Sequence[Candles]
    """In the order of the run's instruments."""
    interval_ms: int

    def rows_at(self, instrument: int, first: int, end: int) -> IntColumn | slice:
        """Return the newest candle of an instrument at each step; -1 before its first.

        A slice where it has a candle at every step.
        """
        if len(self.candles[instrument]) == len(self.times_ms):
            return slice(first, end)
        return self._newest(instrument, self.times_ms[first:end])

    def rows_of(self, instrument: int, steps: IntColumn) -> IntColumn:
        """Return the newest candle of an instrument at some steps; -1 before its first."""
        if len(self.candles[instrument]) == len(self.times_ms):
            return steps
        return self._newest(instrument, self.times_ms[steps])

    def _newest(self, instrument: int, times_ms: IntColumn) -> IntColumn:
        times = self.candles[instrument].open_times_ms
        return (np.searchsorted(times, times_ms, side="right") - 1).astype(np.int64)

    def steps_of(self, instrument: int, rows: IntColumn) -> IntColumn:
        """Return the steps at which candles open."""
        times = self.candles[instrument].open_times_ms
        if len(times) == len(self.times_ms):
            return rows
        return np.searchsorted(self.times_ms, times[rows]).astype(np.int64)


def timeline_of(manifest: Manifest, inputs: RunInputs) -> Timeline:
    """Return the steps; SimulationFailed where candles are missing, wrong or not the manifest's."""
    run = manifest.run
    found = [_candles_of(run, inputs, name) for name in run.instruments]
    intervals = {one.interval_ms for one in found}
    if len(intervals) > 1:
        detail = "candles of a run have one interval"
        raise SimulationFailed(BacktestFailure.DATA_CHANGED, detail)
    times = found[0].open_times_ms
    for one in found[1:]:
        if not np.array_equal(times, one.open_times_ms):
            times = np.union1d(times, one.open_times_ms)
    if len(times) != manifest.bars_total:
        detail = f"{len(times)} bars, the manifest says {manifest.bars_total}"
        raise SimulationFailed(BacktestFailure.DATA_CHANGED, detail)
    return Timeline(times, found, intervals.pop())


def _candles_of(run: Run, inputs: RunInputs, instrument: str) -> Candles:
    candles = inputs.candles.get(instrument)
    if candles is None or not len(candles):
        raise SimulationFailed(BacktestFailure.DATA_MISSING, f"no candles of {instrument}")
    try:
        candles.check()
    except InvalidColumns as error:
        raise SimulationFailed(BacktestFailure.DATA_CHANGED, f"{instrument}: {error}") from None
    for place in (0, -1):
        moment = from_milliseconds(int(candles.open_times_ms[place]))
        if not is_within(run, moment):
            detail = f"{instrument}: a candle of {moment.isoformat()} is not of the run"
            raise SimulationFailed(BacktestFailure.DATA_CHANGED, detail)
    return candles


def first_true(mask: npt.NDArray[np.bool_]) -> int:
    """Return the first place that is true; -1 where none is."""
    place = int(np.argmax(mask)) if mask.size else 0
    return place if mask.size and mask[place] else -1
