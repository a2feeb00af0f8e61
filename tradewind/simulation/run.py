"""Makes one slice of a run."""

from collections.abc import Sequence
from typing import NamedTuple

from tradewind.contracts.backtests.model import Manifest
from tradewind.contracts.backtests.payloads import RunState
from tradewind.simulation.inputs import RunInputs
from tradewind.simulation.records import EquityRow, TradeRecord


class SliceResult(NamedTuple):
    """What a slice leaves: rows to store, and all that the next one needs."""

    state: RunState
    trades: Sequence[TradeRecord]
    """Numbered on from the slice before; none where the manifest records `summary`."""
    equity: Sequence[EquityRow]
    signals_sha256: str
    """Over the signals of the whole run, so equal in every slice."""
    is_last: bool


def run_slice(
    manifest: Manifest, inputs: RunInputs, state: RunState | None, number: int
) -> SliceResult:
    """Return what slice `number` makes of the state after the one before; None begins a run.

    The same arguments give the same bytes, whatever process and machine. SimulationFailed says why
    the run has no result, InvalidRun what of the manifest cannot be run.
    """
    raise NotImplementedError
