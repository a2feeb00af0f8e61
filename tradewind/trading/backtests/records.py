"""The rows that back-tests leave behind, as the backtester writes and the gateway reads them."""

from datetime import datetime
from typing import Final, NamedTuple

from tradewind.contracts.backtests.model import MAX_FLOWS, RecordedFlows, Run
from tradewind.contracts.backtests.payloads import RunState
from tradewind.contracts.backtests.results import Results

MAX_RESULTS_BYTES: Final = 65_536
MAX_SWEEP_BYTES: Final = 4 * 1024**2
MAX_PAGE: Final = 1_000
"""Trades of a page."""


class TakenRun(NamedTuple):
    """A run that was taken up, in the order of its columns."""

    run_id: str
    sweep_id: str | None
    manifest_sha256: str
    manifest: str
    """JSON."""
    requested_at: datetime


class SliceRow(NamedTuple):
    """A slice that is done, in the order of its columns."""

    number: int
    bars: int
    trades: int
    state: str
    """The `RunState` after it, as JSON."""
    signals_sha256: str
    rows_sha256: str
    is_last: bool
    elapsed_ms: int
    bytes: int

    @property
    def run_state(self) -> RunState:
        return RunState.model_validate_json(self.state)


class SliceRows(NamedTuple):
    """The rows of a slice, as JSON: nobody in the parent parses what a strategy's process wrote."""

    trades: tuple[str, ...]
    """Arrays of `{number, at, instrument, side, outcome, document, record}`."""
    points: str
    """An array of `EquityPoint`."""
    rows: str
    """An array of what results are made of, the engine's `EquityRow`."""


class EndedRun(NamedTuple):
    """How a run ended, in the order of its columns."""

    run_id: str
    outcome: str
    """`completed`, `failed` or `cancelled`."""
    sweep_id: str | None
    manifest_sha256: str
    reason: str | None = None
    detail: str | None = None
    at: str | None = None
    requested_by: str | None = None
    results: str | None = None
    result_sha256: str | None = None
    bars: int | None = None
    ended_at: datetime | None = None
    """By the clock of the database; None of one that is not kept yet."""

    @property
    def is_completed(self) -> bool:
        return self.outcome == "completed"

    def parsed_results(self) -> Results:
        """Return the results of a completed run; ValueError for another one."""
        if self.results is None:
            raise ValueError(f"{self.run_id} has no results")
        return Results.model_validate_json(self.results)


class TradeRow(NamedTuple):
    """A trade, and what else its decision read, from which its events can be made."""

    number: int
    document: str
    """`results.Trade` as JSON."""
    record: str | None
    """The engine's `TradeRecord` as JSON; None where the run records no trades."""


class TradeFilter(NamedTuple):
    """Which trades of a run; None is any."""

    side: str | None = None
    instrument: str | None = None
    outcome: str | None = None


EVERY_TRADE: Final = TradeFilter()


class WantedFlows(NamedTuple):
    """Which recorded intents a run is of."""

    since: datetime
    until: datetime
    instruments: list[str]
    strategy_id: str | None
    most: int


class FlowEvent(NamedTuple):
    """An intent of the platform, or what was decided on it."""

    topic: str
    correlation_id: str
    event_id: str
    time: datetime
    payload: str
    """JSON."""


class FlowsTotal(NamedTuple):
    """How many intents a period has, and the hash of what was decided on them."""

    flows: int
    sha256: str


def wanted_flows(run: Run) -> WantedFlows:
    """Return which recorded intents a run is of."""
    strategy = run.strategy
    strategy_id = strategy.strategy_id if isinstance(strategy, RecordedFlows) else None
    return WantedFlows(run.from_, run.to, list(run.instruments), strategy_id, MAX_FLOWS + 1)
