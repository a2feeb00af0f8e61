"""Marks: what a decision would have brought, by which price, and when there is none."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from pydantic import ValidationError

from actors.desk.conclude import conclude
from actors.desk.mids import Mids
from actors.desk.settings import parse_horizons
from tests.support.factories import NOW
from tests.support.signals import MID, evaluated, policy, vote
from tradewind.contracts.decisions.payloads import DecisionConcluded
from tradewind.contracts.envelope import Event, next_events
from tradewind.contracts.ids import derive_ulid
from tradewind.contracts.market.model import (
    BookLevel,
    ObservedBook,
    ObservedContext,
    OrderBook,
    PerpContext,
)
from tradewind.contracts.signals.payloads import SignalMarked
from tradewind.trading.signal_outcomes.marking import (
    MarkLimits,
    ObservedMid,
    PlannedMark,
    mark_of,
    planned_marks,
)

AT = NOW + timedelta(seconds=2)
LIMITS = MarkLimits(timedelta(seconds=120), timedelta(seconds=30))
HOUR = timedelta(hours=1)


def concluded(direction: str = "long") -> tuple[Event[DecisionConcluded], list[PlannedMark]]:
    event = evaluated(vote(10), direction=direction)
    (payload,) = conclude(event, policy(), AT)
    (end,) = next_events(event, [payload], producer="desk", at=AT)
    return end, planned_marks(end, event.payload, (3_600, 14_400), Decimal(10))


def marked(
    price: str,
    direction: str = "long",
    after: timedelta = HOUR,
    seen_after: timedelta | None = None,
) -> Event[SignalMarked] | None:
    _, (planned, _) = concluded(direction)
    seen = ObservedMid(Decimal(price), AT + (after if seen_after is None else seen_after))
    return mark_of(planned, seen, AT + after, LIMITS)


def test_ignored_decisions_are_marked_at_every_horizon() -> None:
    end, planned = concluded()
    assert end.payload.outcome == "ignored"
    assert [(one.due_at - AT).total_seconds() for one in planned] == [3_600, 14_400]
    assert {(one.decided_mid, one.costs, one.coin) for one in planned} == {
        (MID, Decimal("0.0012"), "ETH")
    }
    found = marked("3003.6")
    assert found is not None
    assert found.correlation_id == f"mark-{derive_ulid(end.payload.signal_id, '3600')}"
    assert (found.causation_id, found.sequence, found.key) == (end.event_id, 1, end.key)


@pytest.mark.parametrize(
    ("direction", "price", "gained", "paid"),
    [
        ("long", "3003.6", "0.00120000", False),
        ("long", "3003.63", "0.00121000", True),
        ("long", "2970", "-0.01000000", False),
        ("short", "2970", "0.01000000", True),
        ("close_long", "2970", "0.01000000", True),
        ("close_long", "3030", "-0.01000000", False),
        ("close_short", "3030", "0.01000000", True),
    ],
)
def test_a_return_is_that_of_following(direction: str, price: str, gained: str, paid: bool) -> None:
    """Given 2 bps of spread and 10 of fees, then exactly 12 bps do not pay yet."""
    found = marked(price, direction)
    assert found is not None
    payload = found.payload
    assert (str(payload.signed_return), payload.followed_paid) == (gained, paid)
    assert (payload.marked_mid, payload.missed) == (Decimal(price), None)


@pytest.mark.parametrize(
    ("after_seconds", "seen_seconds", "expected"),
    [
        (3_600, 3_570, "mark"),
        (3_600, 3_569, "wait"),
        (3_720, 3_690, "mark"),
        (3_720, 3_689, "wait"),
        (3_600, 3_601, "wait"),
        (3_721, 3_721, "missed"),
        (9_999, 9_999, "missed"),
    ],
)
def test_only_a_fresh_price_within_the_window_is_taken(
    after_seconds: int, seen_seconds: int, expected: str
) -> None:
    after, seen = timedelta(seconds=after_seconds), timedelta(seconds=seen_seconds)
    found = marked("3000", after=after, seen_after=seen)
    if found is None:
        assert expected == "wait"
        return
    payload = found.payload
    assert ("missed" if payload.missed else "mark") == expected
    assert (payload.marked_mid is None) == (expected == "missed")


def test_a_mark_is_whole_or_missed() -> None:
    found = marked("3000")
    assert found is not None
    content = found.payload.model_dump(mode="json", by_alias=True)
    missed = content | {"missed": "NO_PRICE"}
    del content["markedMid"]
    for broken in (content, missed):
        with pytest.raises(ValidationError, match="whole mark"):
            SignalMarked.model_validate_json(json.dumps(broken))


def test_the_newest_mid_counts_and_aggregated_books_have_none() -> None:
    mids = Mids()
    context = PerpContext(
        coin="ETH", mark_price=MID, oracle_price=MID, mid_price=Decimal(3_001),
        funding_hourly=Decimal(0), open_interest=Decimal(0), day_volume_usd=Decimal(0),
        previous_day_price=MID,
    )  # fmt: skip

    def tell_context(at: int, **changes: object) -> None:
        observed = ObservedContext(
            context=context.model_copy(update=changes),
            observed_at=NOW + timedelta(seconds=at),
            provider="simulated",
        )
        mids.apply("ctx.ETH", observed.model_dump_json().encode())

    def tell_book(at: int, *best: str) -> None:
        levels = [BookLevel(price=Decimal(one), size=Decimal(1)) for one in best]
        far = BookLevel(price=Decimal(2_900), size=Decimal(1))
        book = OrderBook(
            coin="ETH", time_ms=0, bids=(far,), asks=(),
            best_bid=levels[0] if levels else None, best_ask=levels[1] if levels else None,
        )  # fmt: skip
        observed = ObservedBook(
            book=book, observed_at=NOW + timedelta(seconds=at), provider="simulated"
        )
        mids.apply("book.ETH", observed.model_dump_json().encode())

    assert mids.of("ETH") is None
    tell_context(1)
    assert mids.of("ETH") == ObservedMid(Decimal(3_001), NOW + timedelta(seconds=1))
    tell_book(2, "3001", "3004")
    assert mids.of("ETH") == ObservedMid(Decimal("3002.5"), NOW + timedelta(seconds=2))
    tell_book(3)
    tell_context(3, mid_price=None)
    mids.apply("candles.ETH.1h", b"{}")
    mids.apply("ctx.BTC", b"no json")
    assert mids.of("ETH") is None


@pytest.mark.parametrize("text", ["", "0", "1,x", "1.5", "604801", "1,2,3,4,5", "-1", "٣"])
def test_wrong_horizons_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be"):
        parse_horizons(text)
    assert parse_horizons("14400, 3600,3600") == (3_600, 14_400)
