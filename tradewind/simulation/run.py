"""Makes one slice of a run."""

import gc
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from tradewind.contracts.backtests.model import Manifest, RecordedFlows
from tradewind.contracts.backtests.payloads import BacktestFailure, RunState
from tradewind.simulation.checks import pairs_of
from tradewind.simulation.engine import ENGINE
from tradewind.simulation.errors import SimulationFailed
from tradewind.simulation.inputs import RunInputs
from tradewind.simulation.loop.bars import run_bars
from tradewind.simulation.loop.flows import run_flows
from tradewind.simulation.loop.portfolio_state import opened, resumed, run_state
from tradewind.simulation.records import EquityRow, TradeRecord
from tradewind.simulation.slices import slices_of
from tradewind.simulation.trading.totals import Totals


class SliceResult(NamedTuple):
    """What a slice leaves: rows to store, and all that the next one needs."""

    state: RunState
    trades: Sequence[TradeRecord]
    """Numbered on from the slice before; none where the manifest records `summary`."""
    equity: Sequence[EquityRow]
    signals_sha256: str
    """Over the signals so far: the last slice's is the run's."""
    is_last: bool


def run_slice(
    manifest: Manifest, inputs: RunInputs, state: RunState | None, number: int
) -> SliceResult:
    """Return what slice `number` makes of the state after the one before; None begins a run.

    The same arguments give the same bytes, whatever process and machine. SimulationFailed says why
    the run has no result, InvalidRun what of the manifest cannot be run.
    """
    if manifest.engine != ENGINE:
        detail = f"the manifest is of {manifest.engine}, this engine is {ENGINE}"
        raise SimulationFailed(BacktestFailure.DATA_CHANGED, detail)
    slices = slices_of(manifest)
    if not 1 <= number <= len(slices) or (state is None) != (number == 1):
        raise ValueError(f"slice {number} of {len(slices)} does not follow from this state")
    pairs = pairs_of(manifest.run, inputs.tokens)
    portfolio = opened(manifest.run, pairs) if state is None else resumed(state, pairs)
    piece, before = slices[number - 1], None if state is None else state.strategy_state
    run = run_flows if isinstance(manifest.run.strategy, RecordedFlows) else run_bars
    with _collector_paused():
        made = run(manifest, inputs, pairs, portfolio, (piece, len(slices)), before)
    chain = "" if state is None else state.rows_sha256
    rows_sha256 = _chained(chain, made.trade_lines, made.equity)
    totals: Totals = portfolio.totals
    end = run_state(portfolio, pairs, made.strategy_state, rows_sha256)
    return SliceResult(end, made.trades, made.equity, totals.signals, number == len(slices))


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Keep the collector of cycles from walking a slice's rows, of which none is in a cycle.

    It would walk them again and again as they grow, for a third of the time of a run.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _chained(before: str, trade_lines: bytes, equity: Sequence[EquityRow]) -> str:
    """Return the hash of the hash before and of this slice's rows."""
    rows = hashlib.sha256(trade_lines)
    rows.update("".join(row.line for row in equity).encode())
    return hashlib.sha256(f"{before}\n{rows.hexdigest()}".encode()).hexdigest()
