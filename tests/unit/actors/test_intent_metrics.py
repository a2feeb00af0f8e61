"""Intents are counted when the ledger has their first and their last event."""

from collections.abc import Callable

import pytest
from prometheus_client import REGISTRY

from actors.coordinator import metrics
from tests.support.histories import History
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.ids import parse_ulid
from tradewind.ledger.append.writer import AppendResult
from tradewind.ledger.records import PlacedEvent, WriterPosition

SUBMITTED = "tradewind_intents_submitted_total"
ENDED = "tradewind_intents_completed_total"
SECONDS = "tradewind_intent_processing_seconds"


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def record(events: list[AnyEvent], duplicates: int = 0) -> None:
    position = WriterPosition("incarnation", 1, len(events))
    placed = tuple(PlacedEvent(event, place) for place, event in enumerate(events, 1))
    digests = tuple(b"" for _ in placed)
    metrics.count(AppendResult(position, 0, placed, digests, 0, (), duplicates), 0)


@pytest.mark.parametrize(
    ("ending", "status"),
    [
        (lambda one: one.completed(), "completed"),
        (lambda one: one.events(one.rejected()), "risk_rejected"),
        (lambda one: one.events(one.expiry()), "expired"),
        (lambda one: one.events(one.cancellation()), "cancelled"),
        (lambda one: one.events(*one.until_submitted(), one.failure("reverted")), "failed"),
    ],
)
def test_an_intent_counts_by_how_it_ended(
    ending: Callable[[History], list[AnyEvent]], status: str
) -> None:
    history = History(1)
    events = ending(history)
    before = value(SUBMITTED), value(ENDED, status=status), value(f"{SECONDS}_count")
    seconds = value(f"{SECONDS}_sum")
    record(events)
    record([], duplicates=len(events))
    after = value(SUBMITTED), value(ENDED, status=status), value(f"{SECONDS}_count")
    assert after == tuple(count + 1 for count in before)
    submitted_at = parse_ulid(history.intent_id).timestamp
    took = max(0.0, events[-1].timestamp.timestamp() - submitted_at)
    assert value(f"{SECONDS}_sum") - seconds == pytest.approx(took)


def test_an_intent_that_goes_on_has_not_ended() -> None:
    before = value(f"{SECONDS}_count")
    record(History(1).events(*History(1).until_submitted()))
    assert value(f"{SECONDS}_count") == before
