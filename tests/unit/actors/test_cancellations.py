"""Requests to cancel: what each role decides when it hears of one, and what the venue on paper."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from actors.orchestrator import decide as decide_step
from actors.orchestrator.actors import cancel_intent, submit_plan
from actors.orchestrator.ports import OrchestratorPorts
from actors.venues.contract import Receipt, StepCancelled
from actors.venues.simulated.record import SimulatedTransaction
from tests.support.factories import NOW, submitted
from tests.unit.actors.cancelling import BY, Desk, is_cancelled
from tradewind.contracts.envelope import AnyEvent, Event
from tradewind.contracts.execution.demo_strategies import DemoStrategy
from tradewind.contracts.execution.payloads import TransactionCost
from tradewind.contracts.execution.reasons import ExecutionFailureReason
from tradewind.contracts.intents.cancellation import Cancellation, cancel_request
from tradewind.contracts.intents.payloads import IntentCancelRequested
from tradewind.contracts.system.trading_states import EVERYTHING
from tradewind.contracts.venues import SIMULATED
from tradewind.errors import NotYet
from tradewind.readmodels.models.intent_history import fold
from tradewind.runtime import clock

PARTIAL = DemoStrategy.PARTIAL_FILLS.value
THREE_FILLS = 2
"""The number of an intent that the venue on paper fills in three parts or more."""


async def test_risk_never_screens_what_is_to_be_cancelled() -> None:
    desk = Desk()
    assert [one.topic for one in await desk.assessed()] == ["risk.screened"]
    desk.cancel()
    (ended,) = await desk.assessed()
    is_cancelled(ended)
    assert (ended.sequence, ended.causation_id, ended.producer) == (
        2,
        desk.submitted.event_id,
        "risk",
    )


async def test_a_portfolio_never_accepts_what_is_to_be_cancelled() -> None:
    desk = Desk()
    assert [one.topic for one in await desk.judged()] == ["risk.approved", "intent.accepted"]
    desk.cancel()
    (ended,) = await desk.judged()
    is_cancelled(ended)
    assert (ended.sequence, ended.causation_id, ended.producer) == (
        3,
        desk.screened.event_id,
        "portfolio",
    )


async def test_the_planner_plans_nothing_that_is_to_be_cancelled() -> None:
    desk = Desk()
    assert (await desk.plan()).topic == "plan.created"
    desk.cancel()
    (ended,) = await desk.planned()
    is_cancelled(ended)
    assert (ended.sequence, ended.causation_id) == (5, desk.accepted.event_id)


async def test_a_plan_that_is_to_be_cancelled_is_not_submitted() -> None:
    """Given a request before the submission, then a slower process does not submit it either."""
    desk = Desk()
    plan = await desk.plan()
    desk.cancel()
    (ended,) = await submit_plan(plan, desk.orchestrator)
    is_cancelled(ended)
    assert (ended.payload.plan_id, ended.payload.proof) == (plan.payload.plan_id, None)

    unaware = OrchestratorPorts({SIMULATED: desk.venue}, lambda: desk.now)
    with pytest.raises(NotYet):
        await submit_plan(plan, unaware)
    assert await submit_plan(plan, desk.orchestrator) == [ended]


async def test_who_executes_a_plan_is_not_asked_for_a_request_before() -> None:
    """Given nothing against a plan, then the statement that executes it is the only one to look."""
    desk, asked = Desk(), []

    async def find(correlation_id: str) -> None:
        asked.append(correlation_id)

    plan = await desk.plan()
    ports = replace(desk.orchestrator, find_cancellation=find)
    assert [one.topic for one in await submit_plan(plan, ports)] == [
        "exec.started",
        "exec.step_submitted",
    ]
    assert asked == []


@pytest.mark.parametrize("obstacle", ["late", "halted", "REFUSING_VENUE", "FAILING_VENUE"])
async def test_a_request_goes_before_all_else_that_keeps_a_plan(obstacle: str) -> None:
    strategy = DemoStrategy.__members__.get(obstacle)
    desk = Desk(strategy_id=strategy.value if strategy else "demo")
    plan = await desk.plan()
    if obstacle == "late":
        desk.now = plan.payload.expires_at
    if obstacle == "halted":
        desk.store.halted.add(EVERYTHING)
    desk.cancel()
    for _ in range(2):
        (ended,) = await submit_plan(plan, desk.orchestrator)
        is_cancelled(ended, at=desk.now)


async def test_a_request_between_the_look_and_the_submission_is_not_missed() -> None:
    """Given a request that came after it was looked for, then nothing is stored: look again."""
    desk = Desk()
    plan = await desk.plan()
    desk.store.cancelled[plan.correlation_id] = BY
    with pytest.raises(NotYet):
        await submit_plan(plan, desk.orchestrator)
    desk.cancel()
    (ended,) = await submit_plan(plan, desk.orchestrator)
    is_cancelled(ended)


async def test_what_was_submitted_before_the_request_stays_submitted() -> None:
    desk = Desk()
    plan = await desk.plan()
    first = await submit_plan(plan, desk.orchestrator)
    desk.cancel()
    again = await submit_plan(plan, desk.orchestrator)
    assert [one.event_id for one in again] == [one.event_id for one in first]
    (ended,) = await desk.follow(first[-1])
    is_cancelled(ended)
    assert (ended.payload.proof, ended.payload.amount_in) == ("cancelled", None)


@pytest.mark.parametrize("fills_before", [1, 2])
async def test_what_was_filled_before_the_request_is_told(fills_before: int) -> None:
    """Given an order that fills bit by bit, then its rest is dropped, and the end says what was."""
    desk = Desk(THREE_FILLS, strategy_id=PARTIAL)
    plan = await desk.plan()
    history: list[AnyEvent] = [desk.submitted, desk.screened, *await desk.judged(), plan]
    history += await submit_plan(plan, desk.orchestrator)
    for _ in range(fills_before):
        history += await desk.follow(history[-1])
    desk.cancel()
    history += await desk.follow(history[-1])
    last_fill, ended = history[-2:]
    is_cancelled(ended, at=desk.now)
    assert (last_fill.payload.fill_index, last_fill.payload.final) == (fills_before - 1, False)
    assert ended.payload.amount_in == last_fill.payload.cumulative_amount_in
    assert ended.payload.amount_out == last_fill.payload.cumulative_amount_out
    assert "after a part of it was filled" in ended.payload.detail

    folded = fold(history, "test")
    assert folded.intent is not None
    assert folded.plan is not None
    assert (folded.intent.state, folded.intent.illegal_events) == ("cancelled", 0)
    assert (folded.plan.status, folded.plan.steps[0].state) == ("cancelled", "cancelled")
    assert folded.intent.in_flight is None
    assert folded.intent.summary.reason == "CANCELLED"
    assert folded.intent.summary.detail == ended.payload.detail
    assert folded.intent.summary.amount_in == ended.payload.amount_in


async def test_fills_that_came_before_the_request_are_told_first() -> None:
    """Given fills nobody has told of yet, then each is told, and then the end."""
    desk = Desk(THREE_FILLS, strategy_id=PARTIAL)
    *_, step = await submit_plan(await desk.plan(), desk.orchestrator)
    (told,) = await desk.follow(step)
    record = SimulatedTransaction.model_validate_json(desk.store._values[step.payload.tx_hash])
    desk.now = record.fills[1].at
    desk.cancel()
    (second,) = await desk.follow(told)
    assert (second.topic, second.payload.fill_index) == ("exec.step_filled", 1)
    assert second.payload.final is False
    (ended,) = await desk.follow(second)
    assert ended.payload.amount_in == second.payload.cumulative_amount_in


async def test_a_fill_that_was_told_before_the_request_was_seen_stays_told() -> None:
    """Given a request that is older than a fill in the history, then the fill is in its end."""
    desk = Desk(THREE_FILLS, strategy_id=PARTIAL)
    *_, step = await submit_plan(await desk.plan(), desk.orchestrator)
    (told,) = await desk.follow(step)
    desk.cancel(BY.requested_at)
    (ended,) = await desk.follow(told)
    is_cancelled(ended, at=told.timestamp)
    assert ended.payload.amount_in == told.payload.cumulative_amount_in


async def test_a_request_after_the_last_fill_comes_too_late() -> None:
    desk = Desk(THREE_FILLS, strategy_id=PARTIAL)
    *_, step = await submit_plan(await desk.plan(), desk.orchestrator)
    desk.now += timedelta(minutes=1)
    desk.cancel()
    events = [step]
    while events[-1].topic != "exec.completed":
        events += await desk.follow(events[-1])
    assert {one.topic for one in events[1:]} == {"exec.step_filled", "exec.completed"}


async def test_a_transaction_cancelled_for_an_intent_ends_it_and_says_what_that_cost() -> None:
    *_, step = await submit_plan(await Desk().plan(), Desk().orchestrator)
    cost = TransactionCost(
        gas_used=21_000,
        effective_gas_price_wei=7,
        fee_wei=147_000,
        block_time=NOW,
        transaction_index=0,
    )
    receipt = Receipt(
        step.payload.tx_hash,
        (),
        final=True,
        revert_reason=ExecutionFailureReason.CANCELLED,
        proof="cancelled",
        settled_at=NOW + timedelta(seconds=9),
        cost=cost,
        block_number=7,
    )
    (failed,) = decide_step.follow(step, receipt, 0, NOW)
    assert failed.topic == "exec.failed"
    (ended,) = decide_step.follow(step, replace(receipt, cancellation=BY), 0, NOW)
    is_cancelled(ended, at=NOW + timedelta(seconds=9))
    assert (ended.payload.proof, ended.payload.tx_hash) == ("cancelled", receipt.tx_hash)
    assert (ended.payload.block_number, ended.payload.fee_wei) == (7, 147_000)


class Chain:
    """A venue that can cancel what it has in flight, as far as it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Cancellation]] = []

    async def cancel_in_flight(self, correlation_id: str, cancellation: Cancellation) -> None:
        self.asked.append((correlation_id, cancellation))


async def test_a_request_is_kept_passed_on_and_noted_alike_however_often_it_comes() -> None:
    kept: list[Event[IntentCancelRequested]] = []

    async def keep(request: Event[IntentCancelRequested]) -> None:
        kept.append(request)

    opening, chain = submitted(), Chain()
    request = cancel_request(opening, "key-1", NOW)
    venues: Any = {SIMULATED: Desk().venue, "chain": chain}
    ports = OrchestratorPorts(venues, clock.now, keep_cancellation=keep)
    answers = [await cancel_intent(request, ports) for _ in range(2)]
    assert answers[0] == answers[1]
    (noted,) = answers[0]
    assert (noted.topic, noted.sequence) == ("intent.cancel_noted", 2)
    assert noted.correlation_id == f"cancel-{opening.payload.intent_id}"
    assert kept == [request, request]
    assert chain.asked == 2 * [
        (opening.correlation_id, Cancellation(request.event_id, "key-1", NOW))
    ]


def test_an_intent_has_one_request_whoever_asks_for_it() -> None:
    opening = submitted()
    asked = [
        cancel_request(opening, by, NOW + timedelta(number))
        for number, by in enumerate(("key-1", "key-2"))
    ]
    assert asked[0].event_id == asked[1].event_id
    assert asked[0].subject == "intent.cancel_requested.ethereum-WETH-USDC.demo"


async def test_the_venue_on_paper_says_who_cancelled_an_order() -> None:
    desk = Desk()
    order = replace(decide_step.order_of(await desk.plan()), cancellation=BY)
    with pytest.raises(StepCancelled) as cancelled:
        await desk.venue.submit_tx(await desk.venue.build_swap_tx(order))
    assert cancelled.value.cancellation == BY
