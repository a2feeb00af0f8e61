"""What a release with one stage had decided and not published is told by two stages."""

import pytest

from actors.risk.actors import assess_intent
from actors.risk.one_stage import told_by_two_stages
from tests.replay.golden import STAGED, names, read_history
from tests.support.factories import submitted
from tradewind.contracts.envelope import AnyEvent, next_events, parse_event
from tradewind.contracts.risk.payloads import RiskApproved, RiskScreened
from tradewind.runtime.decisions import decision_of
from tradewind.trading.book.terms import accepted


def approved_by_one_stage() -> list[str]:
    """Return the names of the recorded histories that one stage approved."""
    of_one_stage = [name for name in names() if not name.startswith(STAGED)]
    return [
        name for name in of_one_stage if isinstance(read_history(name)[1].payload, RiskApproved)
    ]


@pytest.mark.parametrize("name", approved_by_one_stage())
def test_an_approval_is_told_as_the_screening_that_it_was(name: str) -> None:
    opening, approved, acceptance = read_history(name)[:3]
    (told,) = told_by_two_stages(opening, decision_of([approved, acceptance]))
    screened = parse_event(told.data)
    assert isinstance(screened.payload, RiskScreened)
    assert (screened.sequence, screened.causation_id) == (2, opening.event_id)
    assert screened.payload.inputs == approved.payload.inputs
    assert told_by_two_stages(opening, decision_of([approved, acceptance])) == (told,)
    assert acceptance_after(approved, screened) == [acceptance]


def acceptance_after(approved: AnyEvent, screened: AnyEvent) -> list[AnyEvent]:
    """Return what the portfolio stage publishes where the ledger has the approval alone."""
    after = accepted(screened.payload)
    return next_events(approved, [after], producer=approved.producer, at=approved.timestamp)


@pytest.mark.parametrize("name", ["risk_notional_limit", "expired_before_risk"])
def test_an_end_is_told_as_it_was_kept(name: str) -> None:
    opening, end = read_history(name)[:2]
    kept = decision_of([end])
    assert told_by_two_stages(opening, kept) == kept


def test_a_decision_that_nothing_follows_stays_that() -> None:
    assert told_by_two_stages(submitted(), ()) == ()


def test_risk_tells_what_is_kept_so() -> None:
    assert assess_intent.tell_kept is told_by_two_stages
