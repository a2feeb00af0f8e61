"""Intents are counted by what became of them, for whoever asks, and their stages are timed."""

from collections import Counter

import pytest

from tests.integration.ledger.test_trades import (
    EXPIRED,
    FILLED,
    REJECTED,
    REVERTED,
    SOLD,
    UNPLANNED,
    histories,
)
from tests.support.arrivals import arrive
from tests.support.histories import History
from tradewind.contracts.intents.lifecycle import IntentState
from tradewind.ledger.append.writer import Ledger
from tradewind.ledger.history import intent_counts
from tradewind.ledger.history.intent_counts import COMPLETION, Counts, IntentCounts, Seen
from tradewind.ledger.history.stages import Stage
from tradewind.postgres import Pool

OPEN, IN_FLIGHT = History(8, strategy_id="alpha"), History(9, strategy_id="beta")
PARTLY, WHOLLY = History(10, strategy_id="beta"), History(11, strategy_id="beta")
CANCELLED = History(12, strategy_id="alpha", portfolio_id="fund")
ALL = Seen()
ENDS = {
    IntentState.RISK_REJECTED: 1,
    IntentState.PLAN_REJECTED: 1,
    IntentState.EXPIRED: 1,
    IntentState.FAILED: 2,
    IntentState.COMPLETED: 2,
    IntentState.CANCELLED: 1,
}


@pytest.fixture
async def counts(pool: Pool, ledger: Ledger) -> IntentCounts:
    """Record intents of every end and some that are open; return what counts them."""
    for history in (
        *histories(),
        OPEN.events(OPEN.screened()),
        IN_FLIGHT.events(*IN_FLIGHT.until_submitted()),
        PARTLY.events(*PARTLY.until_submitted(), PARTLY.fill(0, 2)),
        WHOLLY.events(*WHOLLY.until_submitted(), WHOLLY.fill()),
        CANCELLED.events(CANCELLED.cancellation()),
    ):
        await ledger.append(arrive(history))
    return IntentCounts(pool)


def by_state(counts: Counts) -> dict[IntentState, int]:
    found = Counter[IntentState]()
    for one in counts.buckets:
        found[one.state] += one.intents
    return {state: count for state, count in found.items() if count}


async def test_every_intent_of_the_window_is_counted_once(counts: IntentCounts) -> None:
    found = await counts.count([REJECTED.intent_id], REJECTED.intent_id, ALL)
    assert by_state(found) == ENDS | {IntentState.SCREENED: 1, IntentState.EXECUTING: 3}
    assert not found.is_truncated
    assert {(one.state, one.reason, one.intents) for one in found.reasons} == {
        (IntentState.RISK_REJECTED, "NOTIONAL_LIMIT", 1),
        (IntentState.PLAN_REJECTED, "NO_POOL", 1),
        (IntentState.EXPIRED, "EXPIRED", 1),
        (IntentState.CANCELLED, "CANCELLED", 1),
        (IntentState.FAILED, "REVERTED", 2),
    }
    assert found.reasons_read == 6


async def test_what_was_submitted_before_is_open_all_the_same(counts: IntentCounts) -> None:
    found = await counts.count([SOLD.intent_id], SOLD.intent_id, ALL)
    assert sum(by_state(found).values()) == 6
    later = await counts.count([CANCELLED.intent_id], CANCELLED.intent_id, ALL)
    assert by_state(later) == {IntentState.CANCELLED: 1}
    for one in (found, later):
        still_open = {state: count for state, count in one.open.by_state.items() if count}
        assert still_open == {IntentState.SCREENED: 1, IntentState.EXECUTING: 3}
        assert one.open.in_flight == 2


async def test_a_bucket_has_what_was_submitted_from_its_beginning_to_the_next(
    counts: IntentCounts,
) -> None:
    firsts = [REJECTED.intent_id, REVERTED.intent_id, SOLD.intent_id]
    found = await counts.count(firsts, REJECTED.intent_id, ALL)
    sizes = Counter[int]()
    for one in found.buckets:
        sizes[one.bucket] += one.intents
    assert sizes == {0: 4, 1: 2, 2: 6}


REFUSED, UNPLANNABLE = IntentState.RISK_REJECTED, IntentState.PLAN_REJECTED
OF_FUND = {REFUSED: 1, IntentState.COMPLETED: 1, IntentState.CANCELLED: 1}


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (
            Seen(["be%"]),
            {UNPLANNABLE: 1, IntentState.EXPIRED: 1, IntentState.EXECUTING: 3},
        ),
        (Seen(["alpha"], ["fund"]), OF_FUND),
        (Seen(None, ["fund"]), OF_FUND | {UNPLANNABLE: 1}),
        (Seen([r"a\_b"]), {IntentState.COMPLETED: 1}),
        (Seen(["nobody"]), {}),
    ],
)
async def test_a_key_counts_its_own(
    counts: IntentCounts, seen: Seen, expected: dict[IntentState, int]
) -> None:
    found = await counts.count([REJECTED.intent_id], REJECTED.intent_id, seen)
    assert by_state(found) == expected
    assert sum(found.open.by_state.values()) == expected.get(IntentState.EXECUTING, 0)
    assert found.open.in_flight == (2 if IntentState.EXECUTING in expected else 0)
    assert found.timed == sum(expected.values())
    ended = (one for one in expected.items() if one[0] in ENDS)
    assert found.reasons_read == sum(n for state, n in ended if state is not IntentState.COMPLETED)


async def test_stages_follow_one_another(counts: IntentCounts) -> None:
    """Given one intent that went all the way, then its stages are as long as its way."""
    found = await counts.count([FILLED.intent_id], FILLED.intent_id, Seen(["alpha"], ["fund"]))
    whole = found.stages[COMPLETION]
    assert whole.intents == 1
    parts = [found.stages[stage] for stage in Stage]
    assert [one.intents for one in parts] == [1] * len(Stage)
    assert sum(one.p50 for one in parts) == pytest.approx(whole.p50)
    assert found.timed == 2


async def test_a_count_that_ends_before_the_window_says_so(
    counts: IntentCounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intent_counts, "MAX_COUNTED", 3)
    monkeypatch.setattr(intent_counts, "MAX_LOOKED_UP", 2)
    monkeypatch.setattr(intent_counts, "MAX_REASONS_READ", 1)
    monkeypatch.setattr(intent_counts, "MAX_TIMED", 2)
    found = await counts.count([REJECTED.intent_id], REJECTED.intent_id, ALL)
    assert (sum(by_state(found).values()), found.is_truncated) == (3, True)
    assert (found.reasons_read, found.timed) == (1, 2)
    assert found.open.is_truncated
    own = await counts.count([REJECTED.intent_id], REJECTED.intent_id, Seen(["alpha"]))
    assert by_state(own) == {IntentState.CANCELLED: 1}
    assert own.is_truncated


async def test_an_empty_ledger_has_nothing_to_count(pool: Pool) -> None:
    found = await IntentCounts(pool).count([EXPIRED.intent_id], UNPLANNED.intent_id, ALL)
    assert (found.buckets, found.reasons, found.stages) == ([], [], {})
    assert (found.timed, found.open.in_flight, found.is_truncated) == (0, 0, False)
