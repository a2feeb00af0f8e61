"""Makes the events of all trades of a slice, where a run records them, and holds them to rows."""

from collections.abc import Mapping, Sequence
from typing import Final

from tradewind.contracts.backtests.model import Manifest
from tradewind.contracts.backtests.payloads import BacktestFailure
from tradewind.contracts.backtests.results import Outcome
from tradewind.contracts.execution.payloads import ExecutionCompleted
from tradewind.contracts.instruments.payloads import PoolObserved
from tradewind.simulation.errors import ShapeMissing, SimulationFailed
from tradewind.simulation.histories import events_of
from tradewind.simulation.records import TradeRecord

MAX_TOLD_TRADES: Final = 110_000
"""Their events are a million."""
GUARD: Final = "events"
ANY_RUN: Final = "0" * 26
"""Amounts do not depend on which run of a manifest it is."""


def check_events(
    manifest: Manifest, records: Sequence[TradeRecord], shapes: Mapping[str, PoolObserved]
) -> None:
    """SimulationFailed names a trade whose events have other amounts than its row."""
    for record in records:
        if record.number > MAX_TOLD_TRADES:
            detail = f"record: events makes those of at most {MAX_TOLD_TRADES} trades"
            raise SimulationFailed(BacktestFailure.TOO_MANY_TRADES, detail)
        try:
            told = events_of(ANY_RUN, manifest, record, shapes)
        except ShapeMissing as error:
            detail = f"record: events cannot be made of this market: {error}"[:300]
            raise SimulationFailed(BacktestFailure.INVALID_RUN, detail) from None
        end = told[-1].payload if told else None
        is_filled = isinstance(end, ExecutionCompleted)
        amounts = (end.amount_in, end.amount_out) if isinstance(end, ExecutionCompleted) else None
        wanted = (record.amount_in, record.amount_out)
        if is_filled != (record.outcome is Outcome.FILLED) or (amounts not in (None, wanted)):
            detail = f"its events say {amounts}, its row {record.outcome} {wanted}"
            at = f"trade {record.number}"
            raise SimulationFailed(BacktestFailure.DATA_CHANGED, detail, at)
