"""The fold gives the documents the outside knows, and nothing in a history can break it."""

from datetime import timedelta
from decimal import Decimal
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest.mixed_history import mixed_histories
from tests.support.histories import ONE_WETH, START, TX_HASH, History
from tests.support.strategies import events
from tradewind.contracts.envelope import AnyEvent, next_events
from tradewind.contracts.execution.lifecycle import StepState
from tradewind.contracts.intents.lifecycle import IntentState
from tradewind.contracts.intents.model import SuccessCriterion
from tradewind.contracts.payload import Payload
from tradewind.contracts.plans.lifecycle import PlanStatus
from tradewind.contracts.plans.payloads import PlanRejected
from tradewind.contracts.plans.reasons import PlanRejectionReason
from tradewind.contracts.registry import PAYLOAD_TYPES
from tradewind.contracts.risk.payloads import RiskRejected
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.contracts.roles import Role
from tradewind.readmodels.models.intent import IntentDocument
from tradewind.readmodels.models.intent_history import Folded, evolve, fold
from tradewind.readmodels.models.plan import PlanDocument

INCARNATION = "first"


def documents(history: list[AnyEvent]) -> tuple[IntentDocument, PlanDocument | None]:
    folded = fold(history, INCARNATION)
    assert folded.intent is not None
    return folded.intent, folded.plan


def test_a_completed_intent() -> None:
    history = History()
    intent, plan = documents(history.completed(fills=2))

    assert intent.state is IntentState.COMPLETED
    assert (intent.incarnation, intent.version, intent.illegal_events) == (INCARNATION, 10, 0)
    assert intent.latest_plan_id == history.plan_id
    assert intent.in_flight is None
    assert intent.last_event_time == START + timedelta(seconds=1)
    summary = intent.summary
    assert (summary.pair, summary.amount, summary.priority) == ("WETH/USDC", Decimal(1), 3)
    assert (summary.amount_in, summary.amount_out) == (history.amount_in, ONE_WETH)
    assert (summary.average_price, summary.tx_hash) == (Decimal(3_500), TX_HASH)
    assert plan is not None
    assert plan.status is PlanStatus.COMPLETED
    assert plan.steps[0].state is StepState.FILLED
    assert plan.progress.model_dump() == {
        "steps_total": 1,
        "steps_filled": 1,
        "amount_in": str(history.amount_in),
        "amount_out": str(ONE_WETH),
        "fills": 2,
    }


@pytest.mark.parametrize(
    ("length", "state", "status"),
    [
        (1, IntentState.SUBMITTED, None),
        (2, IntentState.SCREENED, None),
        (3, IntentState.SCREENED, None),
        (4, IntentState.ACCEPTED, None),
        (5, IntentState.PLANNED, PlanStatus.CREATED),
        (6, IntentState.EXECUTING, PlanStatus.IN_PROGRESS),
        (7, IntentState.EXECUTING, PlanStatus.IN_PROGRESS),
        (8, IntentState.EXECUTING, PlanStatus.IN_PROGRESS),
        (9, IntentState.COMPLETED, PlanStatus.COMPLETED),
    ],
)
def test_every_stage_of_the_way(length: int, state: IntentState, status: PlanStatus | None) -> None:
    intent, plan = documents(History().completed()[:length])
    assert (intent.state, intent.version) == (state, length)
    assert (plan.status if plan else None) == status


def test_what_one_stage_decided_goes_on_as_it_did() -> None:
    """Given a history of a release without the second stage, then it is as legal as it was."""
    one = History()
    until_accepted = one.events(one.approved(), one.accepted())
    states = [documents(until_accepted[:length])[0].state for length in (1, 2, 3)]
    assert states == [IntentState.SUBMITTED, IntentState.SUBMITTED, IntentState.ACCEPTED]
    after = [one.plan_created(), one.started(), one.step_submitted(), one.fill(), one.completion()]
    intent, _ = documents(one.events(one.approved(), one.accepted(), *after))
    assert (intent.state, intent.illegal_events) == (IntentState.COMPLETED, 0)


def test_what_the_first_stage_found_is_shown_at_once() -> None:
    one = History()
    summary = documents(one.events(one.screened()))[0].summary
    assert (summary.notional_usd, summary.priority) == (Decimal(3_500), 3)


def test_an_unknown_outcome_has_an_owner_and_a_deadline() -> None:
    history = History()
    intent, plan = documents(history.events(*history.until_submitted()))
    assert intent.in_flight is not None
    assert intent.in_flight.owner is Role.ORCHESTRATOR
    assert intent.in_flight.confirm_by == START + timedelta(seconds=60)
    assert plan is not None
    assert plan.steps[0].confirm_by == START + timedelta(seconds=60)


def test_a_signed_step_is_in_flight_before_anybody_has_it() -> None:
    one = History()
    signed = [*one.until_planned(), one.started(), one.step_signed()]
    intent, plan = documents(one.events(*signed))
    assert plan is not None
    assert plan.steps[0].state is StepState.SIGNED
    assert intent.in_flight is not None
    assert intent.in_flight.confirm_by == START + timedelta(seconds=30)
    given_up, _ = documents(one.events(*signed, one.expiry()))
    assert (given_up.state, given_up.illegal_events) == (IntentState.EXECUTING, 1)


def test_a_reorg_keeps_the_outcome_open_and_gives_it_more_time() -> None:
    one = History()
    chain = [*one.until_planned(), one.started(), one.step_signed(), one.step_submitted()]
    intent, plan = documents(one.events(*chain, one.step_reorged(0), one.step_reorged(1)))
    assert plan is not None
    assert (plan.steps[0].state, plan.steps[0].confirm_by) == (
        StepState.SUBMITTED,
        START + timedelta(seconds=90),
    )
    assert intent.illegal_events == 0
    ended, _ = documents(one.events(*chain, one.step_reorged(), one.fill(), one.completion()))
    assert (ended.state, ended.in_flight, ended.illegal_events) == (IntentState.COMPLETED, None, 0)


def ends() -> list[tuple[list[Payload], IntentState, str | None]]:
    one = History()
    return [
        (
            [
                RiskRejected(
                    intent_id=one.intent_id, reason=RiskRejectionReason.NOTIONAL_LIMIT, detail="big"
                )
            ],
            IntentState.RISK_REJECTED,
            "NOTIONAL_LIMIT",
        ),
        (
            [
                one.approved(),
                one.accepted(),
                PlanRejected(
                    intent_id=one.intent_id, reason=PlanRejectionReason.NO_POOL, detail="none"
                ),
            ],
            IntentState.PLAN_REJECTED,
            "NO_POOL",
        ),
        ([one.expiry()], IntentState.EXPIRED, None),
        ([*one.until_planned(), one.cancellation()], IntentState.CANCELLED, None),
        ([*one.until_planned(), one.failure("not_submitted")], IntentState.FAILED, "REVERTED"),
        ([*one.until_submitted(), one.failure("reverted")], IntentState.FAILED, "REVERTED"),
        (
            [
                *one.until_planned(),
                one.started(),
                one.step_signed(),
                one.failure("nonce_taken"),
            ],
            IntentState.FAILED,
            "REVERTED",
        ),
        (
            [*one.until_submitted(), one.fill(0, 2), one.failure("cancelled")],
            IntentState.FAILED,
            "REVERTED",
        ),
    ]


@pytest.mark.parametrize(("following", "state", "reason"), ends())
def test_every_other_end(following: list[Payload], state: IntentState, reason: str | None) -> None:
    intent, plan = documents(History().events(*following))
    assert (intent.state, intent.summary.reason) == (state, reason)
    assert (intent.in_flight, intent.illegal_events) == (None, 0)
    assert plan is None or plan.status.value == state.value


def illegal() -> list[tuple[list[Payload], Payload, IntentState]]:
    one, other = History(), History(2)
    filled = [*one.until_submitted(), one.fill()]
    return [
        ([], one.accepted(), IntentState.SUBMITTED),
        ([one.approved(), one.accepted()], one.started(), IntentState.ACCEPTED),
        (one.until_submitted(), one.expiry(), IntentState.EXECUTING),
        (one.until_submitted(), one.cancellation(), IntentState.EXECUTING),
        (one.until_submitted(), one.failure("not_submitted"), IntentState.EXECUTING),
        (one.until_submitted(), one.completion(), IntentState.EXECUTING),
        (one.until_submitted(), one.step_submitted(), IntentState.EXECUTING),
        (one.until_planned(), other.started(), IntentState.PLANNED),
        ([*one.until_planned(), one.started()], one.fill(), IntentState.EXECUTING),
        ([*one.until_planned(), one.started()], one.failure("reverted"), IntentState.EXECUTING),
        (filled, one.fill(), IntentState.EXECUTING),
        (filled, one.expiry(), IntentState.EXECUTING),
        (filled, one.failure("reverted"), IntentState.EXECUTING),
        ([*filled, one.completion()], one.failure("reverted"), IntentState.COMPLETED),
        ([one.expiry()], one.approved(), IntentState.EXPIRED),
    ]


@pytest.mark.parametrize(("before", "event", "state"), illegal())
def test_an_illegal_event_changes_nothing_and_is_counted(
    before: list[Payload], event: Payload, state: IntentState
) -> None:
    history = History().events(*before)
    intent, plan = documents(history)
    later, later_plan = documents(History().events(*before, event))
    assert later.state is state
    assert later == intent.model_copy(
        update={"version": len(history) + 1, "illegal_events": intent.illegal_events + 1}
    )
    assert later_plan == plan


def criterion(metric: str, comparison: str, threshold: str) -> SuccessCriterion:
    return SuccessCriterion.model_validate(
        {"metric": metric, "comparison": comparison, "threshold": threshold}
    )


@pytest.mark.parametrize(
    ("wanted", "actual", "met"),
    [
        (criterion("amount_out", "at_least", "1"), Decimal(1), True),
        (criterion("amount_out", "at_least", "1.000000000000000001"), Decimal(1), False),
        (criterion("price", "at_most", "3500"), Decimal(3_500), True),
        (criterion("price", "at_least", "3500.01"), Decimal(3_500), False),
        (criterion("duration_seconds", "at_most", "0.999"), Decimal(1), False),
    ],
)
def test_success_criteria_are_judged_when_the_intent_is_settled(
    wanted: SuccessCriterion, actual: Decimal, met: bool
) -> None:
    history = History(criteria=(wanted,)).completed()
    before, _ = documents(history[:-1])
    after, _ = documents(history)
    assert (before.summary.criteria[0].actual, before.summary.criteria[0].met) == (None, None)
    assert (after.summary.criteria[0].actual, after.summary.criteria[0].met) == (actual, met)


@given(st.data())
def test_no_event_breaks_the_fold(data: st.DataObject) -> None:
    history = History().completed(fills=2)[: data.draw(st.integers(0, 9))]
    strangers = data.draw(
        st.lists(st.sampled_from(PAYLOAD_TYPES).flatmap(events), min_size=1, max_size=5)
    )
    before = fold(history, INCARNATION)
    after = fold([*history, *strangers], INCARNATION)
    if before.intent is not None:
        assert after.intent is not None
        assert after.intent.state is before.intent.state
        assert after.intent.illegal_events == before.intent.illegal_events + len(strangers)
    assert after.plan == before.plan


@st.composite
def walks(draw: st.DrawFn) -> list[AnyEvent]:
    """Return a history of any payloads of one intent, in any order, often illegal."""
    one = History()
    choices = [
        *one.until_submitted(),
        one.fill(0, 2),
        one.fill(1, 2),
        one.completion(),
        one.failure("reverted"),
        one.expiry(),
    ]
    straight = draw(st.integers(0, 7))
    legal = [event.payload for event in one.completed(fills=2)[1 : straight + 1]]
    return one.events(*legal, *draw(st.lists(st.sampled_from(choices), max_size=6)))


@given(walks(), st.data())
def test_stored_documents_are_all_the_state_there_is(
    history: list[AnyEvent], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(history)))
    half = fold(history[:cut], INCARNATION)
    stored = Folded(
        INCARNATION,
        half.version,
        half.intent and IntentDocument.model_validate_json(half.intent.model_dump_json()),
        half.plan and PlanDocument.model_validate_json(half.plan.model_dump_json()),
    )
    for event in history[cut:]:
        stored = evolve(stored, event)
    assert stored == fold(history, INCARNATION)


@given(walks())
def test_money_in_flight_is_never_given_up(history: list[AnyEvent]) -> None:
    folded = Folded(INCARNATION)
    for event in history:
        before, folded = folded.intent, evolve(folded, event)
        assert folded.intent is not None
        if before is not None and before.in_flight is not None:
            assert folded.intent.state not in (IntentState.EXPIRED, IntentState.CANCELLED)


def test_events_are_numbered_by_the_language() -> None:
    root = History().events()[0]
    following = next_events(root, [History().approved()], producer="test", at=START)
    assert fold([root, *following], INCARNATION).version == 2


def test_a_whole_history_says_what_its_events_say_one_by_one() -> None:
    for history in islice(mixed_histories(3), 300):
        folded = Folded("x")
        seen: list[tuple[Folded, str]] = []
        for event in history:
            folded = evolve(folded, event)
            seen.append((folded, repr(folded)))
        assert fold(history, "x") == folded
        assert repr(fold(history, "x")) == repr(folded)
        # what was said before stays as it was said
        assert [repr(one) for one, _ in seen] == [text for _, text in seen]
