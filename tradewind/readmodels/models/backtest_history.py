"""Folds the history of a back-test into its document. No event makes it raise: one that the
lifecycle forbids changes nothing and is counted."""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple, TypedDict

from tradewind.contracts.backtests.lifecycle import BACKTEST as BACKTEST_LIFECYCLE
from tradewind.contracts.backtests.model import (
    AnyStrategy,
    InstalledStrategy,
    RunStatus,
    SignalFile,
)
from tradewind.contracts.backtests.payloads import (
    BacktestCancelled,
    BacktestCompleted,
    BacktestFailed,
    BacktestFailure,
    BacktestPayload,
    BacktestProgressed,
    BacktestRequested,
)
from tradewind.contracts.backtests.results import Metrics
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.ids import CorrelationKind, make_correlation_id
from tradewind.contracts.lifecycle import Facts, trigger_of
from tradewind.contracts.unchecked import copy_unchecked
from tradewind.readmodels.folds import CorrelationFold
from tradewind.readmodels.models.backtest import (
    BACKTEST,
    RECORDED,
    SINGLE,
    BacktestDocument,
    build_backtest,
)
from tradewind.readmodels.read_model import ReadModelDocument

_NO_FACTS: Final = Facts()


class BacktestChanges(TypedDict, total=False):
    """Fields of a back-test that an event may change."""

    version: int
    status: RunStatus
    last_event_time: datetime
    started_at: datetime
    candles_at_start: int
    completed_at: datetime
    candles_processed: int
    slices: int
    trades: int
    equity: Decimal
    metrics: Metrics
    result_sha256: str
    signals_sha256: str
    reason: BacktestFailure
    detail: str | None
    at: str | None
    cancelled_by: str | None
    illegal_events: int


class FoldedBacktest(NamedTuple):
    """The document of a history. `version` is the sequence of the last event folded in."""

    incarnation: str
    version: int = 0
    backtest: BacktestDocument | None = None

    @property
    def documents(self) -> list[ReadModelDocument]:
        return [] if self.backtest is None else [self.backtest]

    @property
    def is_over(self) -> bool:
        """Whether the run ended, or was never asked for."""
        return self.backtest is None or self.backtest.status in BACKTEST_LIFECYCLE.terminal


def strategy_of(strategy: AnyStrategy) -> str:
    """Return what lists of runs call a strategy."""
    if isinstance(strategy, InstalledStrategy):
        return strategy.name
    return strategy.dataset if isinstance(strategy, SignalFile) else RECORDED


def evolve_backtest(folded: FoldedBacktest, event: AnyEvent) -> FoldedBacktest:
    """Fold an event into a copy."""
    payload, backtest = event.payload, folded.backtest
    status = _next_status(folded, event)
    if status is None:
        return _count_illegal(folded, event)
    if isinstance(payload, BacktestRequested):
        opened = _open(payload, event, folded.incarnation)
        return folded._replace(version=event.sequence, backtest=opened)
    assert backtest is not None
    changes: BacktestChanges = {
        "version": event.sequence,
        "status": status,
        "last_event_time": event.timestamp,
        **_NEWS[type(payload)](backtest, event, payload),
    }
    return folded._replace(version=event.sequence, backtest=copy_unchecked(backtest, changes))


BACKTEST_HISTORY: Final = CorrelationFold(
    read_models=(BACKTEST,),
    kind=CorrelationKind.BACKTEST,
    opened_by=BacktestRequested,
    begin=FoldedBacktest,
    evolve=evolve_backtest,
    documents=lambda folded: folded.documents,
    is_over=lambda folded: folded.is_over,
)


def _next_status(folded: FoldedBacktest, event: AnyEvent) -> RunStatus | None:
    """Return the status an event leads to; None where it is of another run, or forbidden."""
    payload = event.payload
    if not isinstance(payload, BacktestPayload):
        return None
    if event.correlation_id != make_correlation_id(CorrelationKind.BACKTEST, payload.run_id):
        return None
    if folded.backtest is not None and payload.run_id != folded.backtest.run_id:
        return None
    current = None if folded.backtest is None else folded.backtest.status
    return BACKTEST_LIFECYCLE.next(current, trigger_of(payload, event.topic), _NO_FACTS)


def _count_illegal(folded: FoldedBacktest, event: AnyEvent) -> FoldedBacktest:
    backtest = folded.backtest
    if backtest is not None:
        changes: BacktestChanges = {
            "version": event.sequence,
            "illegal_events": backtest.illegal_events + 1,
        }
        backtest = copy_unchecked(backtest, changes)
    return folded._replace(version=event.sequence, backtest=backtest)


def _open(payload: BacktestRequested, event: AnyEvent, incarnation: str) -> BacktestDocument:
    return build_backtest(
        incarnation=incarnation,
        version=event.sequence,
        status=RunStatus.QUEUED,
        strategy=strategy_of(payload.manifest.run.strategy),
        batch=payload.sweep_id or SINGLE,
        run_id=payload.run_id,
        correlation_id=event.correlation_id,
        manifest_sha256=payload.manifest_sha256,
        label=payload.label,
        requested_by=payload.requested_by,
        created_at=event.timestamp,
        last_event_time=event.timestamp,
        candles_total=payload.manifest.bars_total,
        manifest=payload.manifest,
    )


def _progress(
    backtest: BacktestDocument, event: AnyEvent, payload: BacktestProgressed
) -> BacktestChanges:
    changes: BacktestChanges = {
        "candles_processed": payload.bars_processed,
        "slices": payload.slice,
        "trades": payload.state.trades,
        "equity": payload.state.equity,
    }
    if backtest.started_at is None:
        changes["started_at"] = event.timestamp
        changes["candles_at_start"] = payload.bars_processed
    return changes


def _completion(
    backtest: BacktestDocument, event: AnyEvent, payload: BacktestCompleted
) -> BacktestChanges:
    return {
        "completed_at": event.timestamp,
        "candles_processed": payload.bars_processed,
        "trades": payload.metrics.trades,
        "equity": payload.metrics.end_equity,
        "metrics": payload.metrics,
        "result_sha256": payload.result_sha256,
        "signals_sha256": payload.signals_sha256,
    }


def _failure(
    backtest: BacktestDocument, event: AnyEvent, payload: BacktestFailed
) -> BacktestChanges:
    return {
        "completed_at": event.timestamp,
        "reason": payload.reason,
        "detail": payload.detail,
        "at": payload.at,
    }


def _cancellation(
    backtest: BacktestDocument, event: AnyEvent, payload: BacktestCancelled
) -> BacktestChanges:
    return {"completed_at": event.timestamp, "cancelled_by": payload.requested_by}


_NEWS: Final[Mapping[type, Callable[[BacktestDocument, AnyEvent, Any], BacktestChanges]]] = {
    BacktestProgressed: _progress,
    BacktestCompleted: _completion,
    BacktestFailed: _failure,
    BacktestCancelled: _cancellation,
}
