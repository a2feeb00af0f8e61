"""What clients are shown of back-tests."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Literal

from pydantic import Field

from tradewind.contracts.backtests.lifecycle import BACKTEST as LIFECYCLE
from tradewind.contracts.backtests.model import Instrument, Label, Manifest, RunStatus, Sha256
from tradewind.contracts.backtests.payloads import BacktestFailure
from tradewind.contracts.backtests.results import EquityPoint, Metrics, Ratio, Trade
from tradewind.contracts.backtests.sweeps import Grid, SweepState, SweepTable, WalkForward
from tradewind.contracts.ids import CorrelationId, Ulid
from tradewind.contracts.payload import is_absent
from tradewind.contracts.wire import DecimalString, Document, Timestamp
from tradewind.readmodels.models.backtest import SINGLE, BacktestDocument


class TakenBacktest(Document):
    """A back-test that is kept and will be run, or one that was run before and is the answer."""

    run_id: Ulid | None = None
    """None for a sweep, whose runs have ids of their own."""
    sweep_id: Ulid | None = Field(None, exclude_if=is_absent)
    correlation_id: CorrelationId
    status: RunStatus
    manifest_sha256: Sha256
    candles_total: int
    reused: bool
    """Whether the same manifest has been run before: then that is the answer."""


class BacktestSummary(Document):
    """What lists show of a result."""

    total_return: Ratio
    max_drawdown: Ratio
    sharpe: Ratio
    trades: int


class BacktestItem(Document):
    """A back-test in a list."""

    run_id: Ulid
    correlation_id: CorrelationId
    label: Label | None
    status: RunStatus
    strategy: str
    """The name of an installed one, the dataset of signals, or `recorded`."""
    instruments: tuple[Instrument, ...]
    from_: Timestamp = Field(alias="from")
    to: Timestamp
    sweep_id: Ulid | None
    requested_by: str | None
    candles_total: int
    candles_processed: int
    percent: DecimalString
    created_at: Timestamp
    started_at: Timestamp | None
    """When its first slice was done."""
    completed_at: Timestamp | None
    """When it ended, however it did."""
    summary: BacktestSummary | None
    """Of a completed one."""


class BacktestDetail(BacktestItem):
    """A back-test with all that is known of it. Its result has routes of its own."""

    bars_per_second: int | None
    """From the end of the first slice to that of the last; None where there is only one."""
    eta_seconds: int | None
    """How long it may take yet, of a running one."""
    trades: int
    equity: DecimalString | None
    """After the last slice that is done, in units of quote."""
    manifest_sha256: Sha256
    result_sha256: Sha256 | None
    signals_sha256: Sha256 | None
    reason: BacktestFailure | None
    detail: str | None
    at: str | None
    """The bar or the slice at which it failed."""
    cancelled_by: str | None
    manifest: Manifest


class CancelledBacktest(Document):
    """A run or a sweep that was asked to stop: it begins no other slice."""

    run_id: Ulid
    status: RunStatus
    """When it was asked for."""


class EquityCurve(Document):
    """The equity of a run over time. Buckets are joined so that no peak is lost."""

    points: tuple[EquityPoint, ...]
    total: int
    """How many there are in the period, before they are joined."""


class TradePage(Document):
    """Trades by number; `next_cursor` is null on the last page."""

    items: tuple[Trade, ...]
    next_cursor: int | None = None


class FieldDifference(Document):
    """A part of the manifests that is not the same."""

    field: str
    a: str | None
    b: str | None


class MetricDifference(Document):
    """A metric of both runs."""

    metric: str
    a: DecimalString | None
    b: DecimalString | None
    difference: DecimalString | None
    """`b` less `a`; None where either is undefined."""


class TradeDifference(Document):
    """The first trade that is not the same."""

    number: int
    cause: Literal["signals", "execution"]
    """Whether the strategies said something else, or the same was filled otherwise."""
    a: Trade | None
    """None where the run has no such trade."""
    b: Trade | None


class BacktestComparison(Document):
    """Two completed back-tests beside each other."""

    a: BacktestItem
    b: BacktestItem
    is_equal: bool
    """Whether every trade and every metric is the same."""
    are_signals_equal: bool
    manifest: tuple[FieldDifference, ...]
    metrics: tuple[MetricDifference, ...]
    first_trade: TradeDifference | None
    trades_compared: int


class SweepDocument(Document):
    """A sweep, and when it is over the table of its runs."""

    sweep_id: Ulid
    status: SweepState
    label: Label | None
    requested_by: str | None
    grid: Grid
    walk_forward: WalkForward | None
    trials_total: int | None = None
    """How many runs its stage has; None before the first is asked for."""
    trials_requested: int = 0
    created_at: Timestamp
    completed_at: Timestamp | None = None
    best_run_id: Ulid | None = None
    detail: str | None = None
    table: SweepTable | None = None


def item_of(document: BacktestDocument) -> BacktestItem:
    """Return a back-test as lists show it."""
    return BacktestItem(**_common(document))


def detail_of(document: BacktestDocument) -> BacktestDetail:
    """Return a back-test with all that is known of it."""
    speed = _bars_per_second(document)
    remaining = document.candles_total - document.candles_processed
    is_running = document.status is RunStatus.RUNNING
    return BacktestDetail(
        **_common(document),
        bars_per_second=speed,
        eta_seconds=-(-remaining // speed) if is_running and speed else None,
        trades=document.trades,
        equity=document.equity,
        manifest_sha256=document.manifest_sha256,
        result_sha256=document.result_sha256,
        signals_sha256=document.signals_sha256,
        reason=document.reason,
        detail=document.detail,
        at=document.at,
        cancelled_by=document.cancelled_by,
        manifest=document.manifest,
    )


def is_over(document: BacktestDocument) -> bool:
    """Return whether nothing more is to come."""
    return document.status in LIFECYCLE.terminal


def percent_of(document: BacktestDocument) -> Decimal:
    """Return how far a run is, with one digit after the point, rounded down."""
    if document.status is RunStatus.COMPLETED:
        return Decimal(100)
    total = max(document.candles_total, 1)
    return Decimal(min(document.candles_processed, total) * 1_000 // total) / 10


def summary_of(metrics: Metrics | None) -> BacktestSummary | None:
    """Return what lists show of a result."""
    if metrics is None:
        return None
    return BacktestSummary(
        total_return=metrics.total_return,
        max_drawdown=metrics.max_drawdown,
        sharpe=metrics.sharpe,
        trades=metrics.trades,
    )


def _common(document: BacktestDocument) -> dict[str, Any]:
    run = document.manifest.run
    return {
        "run_id": document.run_id,
        "correlation_id": document.correlation_id,
        "label": document.label,
        "status": document.status,
        "strategy": document.strategy,
        "instruments": run.instruments,
        "from": run.from_,
        "to": run.to,
        "sweep_id": None if document.batch == SINGLE else document.batch,
        "requested_by": document.requested_by,
        "candles_total": document.candles_total,
        "candles_processed": document.candles_processed,
        "percent": percent_of(document),
        "created_at": document.created_at,
        "started_at": document.started_at,
        "completed_at": document.completed_at,
        "summary": summary_of(document.metrics),
    }


def _bars_per_second(document: BacktestDocument) -> int | None:
    if document.started_at is None:
        return None
    bars = document.candles_processed - document.candles_at_start
    elapsed_ms = int((document.last_event_time - document.started_at).total_seconds() * 1_000)
    return bars * 1_000 // elapsed_ms if bars > 0 and elapsed_ms > 0 else None


def trades_of(documents: Sequence[str]) -> tuple[Trade, ...]:
    """Return trades as they were kept."""
    return tuple(Trade.model_validate_json(one) for one in documents)
