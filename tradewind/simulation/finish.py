"""Makes a run's results of its last state and its stored rows."""

from collections.abc import Iterable, Sequence

from tradewind.contracts.backtests.model import Manifest
from tradewind.contracts.backtests.payloads import RunState
from tradewind.contracts.backtests.results import Results
from tradewind.simulation.records import EquityRow, TradeRecord


def sampled_numbers(manifest: Manifest, end_state: RunState) -> tuple[int, ...]:
    """Return the numbers of the trades that are decided again: 20 first, 20 last, 60 by hash.

    None where the manifest records `summary`, as no trades are kept.
    """
    raise NotImplementedError


def results_of(
    manifest: Manifest,
    end_state: RunState,
    equity: Sequence[EquityRow],
    trades: Iterable[TradeRecord],
) -> Results:
    """Return metrics, months, instruments, guards and hashes of a run whose last slice is made.

    `equity` are the rows of all slices in order; of `trades` those of `sampled_numbers` suffice.
    SimulationFailed where a sampled trade, decided again by the roles' cores, has another outcome.
    """
    raise NotImplementedError
