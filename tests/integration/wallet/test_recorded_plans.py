"""Nothing is signed that the ledger has not recorded."""

import pytest

from tests.integration.wallet.conftest import (
    FIRST_NONCE,
    ROUTER,
    TOKEN,
    record,
    sign,
    swap_only,
)
from tests.support.histories import History
from tradewind.contracts.envelope import AnyEvent
from tradewind.trading.wallet.errors import AnotherPlanRecorded, PlanNotRecorded, TransactionLost
from tradewind.trading.wallet.plan_event import PlanEvent
from tradewind.trading.wallet.records import StepDecision, StepKey, StepOutcome
from tradewind.trading.wallet.transaction_journal import TransactionJournal

ONE = History(1)
STEP = StepKey(ONE.plan_id, 0)
PLANNED = ONE.events(*ONE.until_planned())
PLAN = PlanEvent.of(PLANNED[-1])
OTHER_PLAN = PLAN._replace(body_sha256=b"x" * 32)
"""A second plan at the same place: the id is the same, the bytes are others."""


async def claim_step(journal: TransactionJournal, event: PlanEvent = PLAN) -> StepDecision:
    return await journal.claim(STEP, event, TOKEN, ROUTER, swap_only, sign, 256)


@pytest.mark.parametrize("recorded_so_far", [0, 1, 3])
async def test_nothing_is_signed_before_its_plan_is_recorded(
    journal: TransactionJournal, database_dsn: str, recorded_so_far: int
) -> None:
    """Given a plan the ledger has not recorded, then the step waits undecided until it has."""
    await record(database_dsn, PLANNED[:recorded_so_far])
    with pytest.raises(PlanNotRecorded):
        await claim_step(journal)
    assert await journal.decision(STEP) is None
    assert (await journal.wallet()).next_nonce == FIRST_NONCE
    await record(database_dsn, PLANNED[recorded_so_far:])
    assert (await claim_step(journal)).nonce == FIRST_NONCE


@pytest.mark.parametrize(
    ("history", "told"),
    [
        (ONE.events(ONE.rejected()), "the history ended with risk.rejected at sequence 2"),
        (ONE.events(ONE.approved(), ONE.expiry()), "ended with intent.expired at sequence 3"),
        (
            [*PLANNED, ONE.events(*ONE.until_planned(), ONE.cancellation())[-1]],
            "the history ended with intent.cancelled at sequence 5",
        ),
        (
            ONE.events(ONE.accepted(), ONE.plan_created(), ONE.started()),
            "the ledger recorded another event at sequence 4",
        ),
    ],
)
async def test_a_plan_that_is_not_in_its_history_is_never_signed(
    journal: TransactionJournal, database_dsn: str, history: list[AnyEvent], told: str
) -> None:
    """Given another decision in the ledger, or an end, then the refusal is kept for ever."""
    await record(database_dsn, history)
    refused = await claim_step(journal)
    assert (refused.outcome, refused.reason) == (StepOutcome.REFUSED, "PLAN_SUPERSEDED")
    assert told in refused.detail
    assert await claim_step(journal) == refused
    assert (await journal.wallet()).next_nonce == FIRST_NONCE


async def test_only_the_recorded_one_of_two_plans_is_signed(
    journal: TransactionJournal, database_dsn: str
) -> None:
    """Given two plans of one id, then the other one is refused, and takes nothing from the first.

    Both have the same step, so a decision kept for the other one would be the first one's, too.
    """
    await record(database_dsn, PLANNED)
    with pytest.raises(AnotherPlanRecorded):
        await claim_step(journal, OTHER_PLAN)
    assert (await claim_step(journal)).nonce == FIRST_NONCE
    with pytest.raises(AnotherPlanRecorded):
        await claim_step(journal, OTHER_PLAN)
    with pytest.raises(AnotherPlanRecorded):
        await journal.check_plan(OTHER_PLAN)
    await journal.check_plan(PLAN)


async def test_nobody_signs_where_the_ledger_saw_the_step_begin(
    journal: TransactionJournal, database_dsn: str
) -> None:
    """Given a journal that lost a decision, then not even a started step is decided again."""
    await record(database_dsn, ONE.events(*ONE.until_planned(), ONE.started()))
    with pytest.raises(TransactionLost, match=r"exec\.started"):
        await claim_step(journal)
    assert await journal.decision(STEP) is None
