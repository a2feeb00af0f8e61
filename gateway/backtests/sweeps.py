"""Tells of a sweep from its events."""

from collections.abc import Sequence

from gateway.backtests.documents import SweepDocument
from tradewind.contracts.backtests.lifecycle import SWEEP as LIFECYCLE
from tradewind.contracts.backtests.sweeps import (
    SweepCompleted,
    SweepPayload,
    SweepProgressed,
    SweepRequested,
    SweepState,
    SweepTable,
)
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.lifecycle import Facts, trigger_of

_NO_FACTS = Facts()


def sweep_of(events: Sequence[AnyEvent], table: str | None) -> SweepDocument | None:
    """Return a sweep from its history and from its table, if it has one by now.

    None where no event opens it; what its lifecycle forbids is passed over.
    """
    document: SweepDocument | None = None
    for event in events:
        payload = event.payload
        status = None if document is None else document.status
        if not isinstance(payload, SweepPayload):
            continue
        following = LIFECYCLE.next(status, trigger_of(payload, event.topic), _NO_FACTS)
        if following is None:
            continue
        if isinstance(payload, SweepRequested):
            document = _opened(payload, event)
        elif document is not None:
            changes = {"status": following, **_news(payload, event)}
            document = document.model_copy(update=changes)
    if document is None or table is None:
        return document
    return document.model_copy(update={"table": SweepTable.model_validate_json(table)})


def _opened(payload: SweepRequested, event: AnyEvent) -> SweepDocument:
    return SweepDocument(
        sweep_id=payload.sweep_id,
        status=SweepState.QUEUED,
        label=payload.label,
        requested_by=payload.requested_by,
        grid=payload.grid,
        walk_forward=payload.walk_forward,
        created_at=event.timestamp,
    )


def _news(payload: SweepPayload, event: AnyEvent) -> dict[str, object]:
    if isinstance(payload, SweepProgressed):
        return {"trials_total": payload.total, "trials_requested": payload.requested}
    assert isinstance(payload, SweepCompleted)
    return {
        "completed_at": event.timestamp,
        "best_run_id": payload.best_run_id,
        "detail": payload.detail,
    }
