"""A signal's history folds to its document and those of its decisions."""

import pytest

from tests.support.signal_histories import (
    concluded,
    enriched,
    evaluated,
    made,
    observed_signal,
    received,
    rejected,
    rejected_signal,
)
from tradewind.contracts.decisions.payloads import Outcome
from tradewind.contracts.envelope import AnyEvent, parse_event
from tradewind.contracts.signals.lifecycle import SignalState
from tradewind.readmodels.models.signal import SignalDocument
from tradewind.readmodels.models.signal_history import SIGNAL_HISTORY, FoldedSignal
from tradewind.readmodels.registry import READ_MODELS


def fold(events: list[AnyEvent]) -> FoldedSignal:
    return SIGNAL_HISTORY.fold(events, "019")


def told(events: list[AnyEvent]) -> SignalDocument:
    document = fold(events).signal
    assert document is not None
    return document


def test_a_signal_tells_how_far_it_is_and_what_was_made_of_it() -> None:
    history = observed_signal()
    states = [told(history[:count]).state for count in range(1, len(history) + 1)]
    assert states == ["received", "enriched", "enriched", "enriched", "evaluated", "concluded"]
    document = told(history)
    assert document.enrichment is not None
    assert not document.enrichment.is_clean
    assert [(one.model, one.status) for one in document.decisions] == [
        ("baseline", "ok"),
        ("gpt-5.4-mini", "timeout"),
    ]
    assert document.conclusion is not None
    assert document.conclusion.outcome is Outcome.OBSERVED
    assert (document.version, document.illegal_events) == (6, 0)
    assert document.evaluated_at == history[4].timestamp


def test_a_decision_is_a_document_of_its_own_under_the_id_of_its_event() -> None:
    history = observed_signal()
    first, second = fold(history).decisions
    assert first.decision_id == history[2].event_id
    assert (first.version, second.version) == (3, 4)
    assert (second.model, second.decision, second.confidence_pct) == ("gpt-5.4-mini", "IGNORE", 0)
    assert fold(history).decisions == fold(history[:4]).decisions


def test_a_refusal_ends_it() -> None:
    folded = fold(rejected_signal())
    assert folded.is_over
    assert folded.signal is not None
    assert folded.signal.state is SignalState.REJECTED
    assert folded.signal.refusal is not None
    assert folded.signal.refusal.measured == "231.5"


@pytest.mark.parametrize(
    ("outcome", "state"),
    [(Outcome.EXPIRED, "expired"), (Outcome.DECLINED, "declined"), (Outcome.IGNORED, "concluded")],
)
def test_an_outcome_leads_to_its_state(outcome: Outcome, state: str) -> None:
    opening = received()
    history: list[AnyEvent] = [opening, *enriched(opening)]
    history += evaluated(opening, history[-1], [made(opening, "baseline")])
    history += concluded(opening, history[-1], outcome)
    assert told(history).state == state


def test_what_the_lifecycle_forbids_changes_nothing_and_is_counted() -> None:
    opening = received()
    late = made(opening, "baseline")
    for forbidden in (
        [*rejected_signal(1), enriched(opening)[0].model_copy(update={"sequence": 3})],
        [opening, *evaluated(opening, opening, [late])[:1]],
        [opening, rejected(received(9))[0]],
    ):
        before, after = fold(forbidden[:-1]), fold(forbidden)
        assert before.signal is not None
        assert after.signal is not None
        assert after.decisions == before.decisions == ()
        assert after.signal.illegal_events == 1
        assert after.signal.state is before.signal.state
    assert fold(list(rejected(opening))).documents == []


def test_documents_are_what_the_schemas_say_and_are_listed_by_their_fields() -> None:
    history = [parse_event(event.to_bytes()) for event in observed_signal()]
    documents = fold(history).documents
    assert len(documents) == 3
    for document in documents:
        read_model = READ_MODELS.read_model_of(document)
        text = document.model_dump_json()
        assert read_model.document.model_validate_json(text).model_dump_json() == text
        assert read_model.index is not None
        # Lua takes the first field of that name in the JSON
        for name, value in zip(
            read_model.index.names, read_model.index.values(document), strict=True
        ):
            assert text.index(f'"{name}":"{value}"') == text.index(f'"{name}":"')
