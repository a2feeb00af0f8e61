"""How claims begin and end, event by event."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.factories import NOW, USDC, WETH, screened
from tests.support.histories import History
from tradewind.contracts.envelope import AnyEvent, next_events
from tradewind.contracts.payload import Payload
from tradewind.trading.book.allocation import Move, Standing, decided, moved_budget, settled
from tradewind.trading.book.records import Allocation, Status
from tradewind.trading.book.terms import claim_of, recorded_terms, terms_of

HISTORY = History()
SCREENED = screened()
TERMS = terms_of(SCREENED.payload)._replace(max_amount_in=4_000 * 10**6)
STANDING = Standing("demo", "a", 7, NOW.date())
USED = HISTORY.fill().amount_in


def event(payload: Payload) -> AnyEvent:
    return next_events(SCREENED, [payload], producer="test", at=NOW)[0]


def claimed() -> Allocation:
    approved, accepted = event(HISTORY.approved()), event(HISTORY.accepted())
    return decided(approved, accepted, TERMS, STANDING, b"bytes")


def after(*payloads: Payload, begun: Allocation | None = None) -> Allocation:
    allocation = begun or claimed()
    for payload in payloads:
        allocation = settled(allocation, event(payload))
    return allocation


def test_an_approval_claims_the_most_that_may_be_spent() -> None:
    allocation = claimed()
    assert (allocation.status, allocation.claim_token) == (Status.CLAIMED, USDC.address)
    assert allocation.claim_amount == 4_000 * 10**6
    assert allocation.claim_usd == Decimal(4_000)
    assert allocation.budget_usd == allocation.notional_usd


def test_a_sale_claims_what_it_sells() -> None:
    claim = claim_of(terms_of(screened(intent_type="dispose").payload))
    assert (claim.token, claim.amount) == (WETH.address, 10**18)


DECIDED_OTHERWISE = {
    "rejected": (HISTORY.rejected(), Status.REJECTED),
    "expired": (HISTORY.expiry(), Status.EXPIRED),
    "cancelled": (HISTORY.cancellation(), Status.RELEASED),
}


@pytest.mark.parametrize("decision", DECIDED_OTHERWISE)
def test_what_is_not_approved_claims_nothing(decision: str) -> None:
    payload, status = DECIDED_OTHERWISE[decision]
    allocation = decided(event(payload), event(payload), TERMS, STANDING, b"bytes")
    assert (allocation.status, allocation.is_approval) == (status, False)
    assert (allocation.budget_usd, allocation.ended_at) == (Decimal(0), NOW)


ENDS = {
    "completed": (HISTORY.completion(), Status.USED),
    "reverted": (HISTORY.failure("reverted"), Status.RELEASED),
    "cancelled": (HISTORY.cancellation(), Status.RELEASED),
    "expired": (HISTORY.expiry(), Status.EXPIRED),
    "rejected": (HISTORY.rejected(), Status.REJECTED),
}


@pytest.mark.parametrize("end", ENDS)
def test_an_end_releases_what_is_not_used_and_no_other_end_counts(end: str) -> None:
    payload, status = ENDS[end]
    allocation = after(payload)
    assert (allocation.status, allocation.released_amount) == (status, 4_000 * 10**6)
    for later, _ in ENDS.values():
        assert after(later, begun=allocation) == allocation


def test_a_fill_uses_its_part_and_its_budget_stays() -> None:
    allocation = after(HISTORY.fill(0, 2), HISTORY.cancellation())
    assert allocation.used_amount == USED // 2
    assert allocation.received_amount == 10**18 // 2
    assert allocation.released_amount == 4_000 * 10**6 - USED // 2
    assert allocation.budget_usd == Decimal("1312.5")


def test_an_approval_that_the_ledger_has_counts_although_the_book_had_rejected() -> None:
    rejected = event(HISTORY.rejected())
    allocation = decided(rejected, rejected, TERMS, STANDING, b"bytes")
    again = after(HISTORY.approved(), begun=allocation)
    assert (again.status, again.is_approval, again.ended_at) == (Status.CLAIMED, True, None)
    assert again.budget_usd == again.notional_usd


def test_an_approval_that_ended_is_not_claimed_again() -> None:
    allocation = after(HISTORY.fill(), HISTORY.completion())
    assert after(HISTORY.approved(), begun=allocation) == allocation


def test_an_intent_of_an_earlier_release_is_bounded_by_its_notional() -> None:
    terms = recorded_terms(HISTORY.events(HISTORY.approved()))
    assert terms is not None
    claim = claim_of(terms)
    assert (claim.amount, claim.usd) == (None, HISTORY.approved().notional_usd)


def test_what_the_first_stage_rejected_has_no_terms() -> None:
    assert recorded_terms(HISTORY.events(HISTORY.rejected())) is None


def test_a_new_day_begins_with_its_own_approvals() -> None:
    today = claimed()
    yesterday = today.day - timedelta(days=1)
    assert moved_budget(yesterday, Decimal(99), None, today) == (today.day, today.budget_usd)


def test_what_ends_on_a_later_day_gives_nothing_back() -> None:
    before = claimed()._replace(day=date(2026, 1, 1))
    ended = after(HISTORY.expiry(), begun=before)
    assert moved_budget(date(2026, 1, 2), Decimal(5), before, ended) == (
        date(2026, 1, 2),
        Decimal(5),
    )
    assert moved_budget(date(2026, 1, 1), before.budget_usd, before, ended) == (
        date(2026, 1, 1),
        Decimal(0),
    )


DAYS = st.integers(1, 4).map(lambda day: date(2026, 1, day))
CHANGES = st.lists(st.tuples(DAYS, st.integers(0, 9), st.integers(0, 9)), max_size=6)


@given(DAYS, CHANGES)
def test_changes_move_a_budget_alike_one_by_one_and_together(
    today: date, changes: list[tuple[date, int, int]]
) -> None:
    """The statement that stores a page's changes counts a move as below."""
    one_by_one, move = (today, Decimal(100)), Move()
    for day, was, now in changes:
        before = claimed()._replace(day=day, budget_usd=Decimal(was))
        after = before._replace(budget_usd=Decimal(now))
        one_by_one = moved_budget(*one_by_one, before, after)
        move = move.and_of(before, after)
    kept = Decimal(0) if move.day > today else Decimal(100)
    moved = move.budget_usd if move.day >= today else Decimal(0)
    assert (max(today, move.day), kept + moved) == one_by_one
