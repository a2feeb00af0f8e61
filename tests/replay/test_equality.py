"""Decisions are compared as values only where that says the same as comparing what is written."""

from decimal import Decimal

from research.redecide.decisions import content_of, is_equal
from tests.support.factories import approved, screened, submitted
from tests.support.recorded import events_of
from tradewind.contracts.envelope import AnyEvent


def test_what_is_read_again_is_equal() -> None:
    events = events_of("paper_split") + events_of("staged_paper_two_hop")
    again = events_of("paper_split") + events_of("staged_paper_two_hop")
    assert all(is_equal([one], [other]) for one, other in zip(events, again, strict=True))


def told(amount: str) -> list[AnyEvent]:
    return [screened(amount=Decimal(amount))]


def test_equal_decimals_that_are_written_differently_are_not_equal() -> None:
    assert is_equal(told("1.0"), told("1.0"))
    assert not is_equal(told("1.0"), told("1.00"))
    assert content_of(told("1.0")) != content_of(told("1.00"))


def test_another_event_or_one_more_is_not_equal() -> None:
    assert not is_equal([submitted()], [screened()])
    assert not is_equal(approved(), approved()[:1])
    assert not is_equal([submitted(1)], [submitted(2)])
