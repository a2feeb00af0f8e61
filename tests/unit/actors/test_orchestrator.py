"""The orchestrator's decisions, on venues that answer as told."""

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from actors.orchestrator import decide as decide_step
from actors.orchestrator.actors import fail_unavailable, follow_step, submit_plan
from actors.orchestrator.ports import OrchestratorPorts
from actors.planner.decide import decide
from actors.planner.quoting import read_market
from actors.venues.contract import (
    DeadlinePassed,
    Fill,
    OutcomeUnknown,
    Receipt,
    Reorg,
    SignedStep,
    StepExpired,
    SwapOrder,
    SwapTransaction,
    VenueRefused,
    VenueUnavailable,
)
from tests.support.factories import NOW, WETH, WINDOW, accepted, market_view
from tests.support.limits import PLAN_LIMITS
from tradewind.contracts.envelope import Event
from tradewind.contracts.execution.payloads import SettledApproval, TransactionCost
from tradewind.contracts.execution.reasons import ExecutionFailureReason
from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.plans.model import RouteQuote, VenueName
from tradewind.contracts.plans.payloads import PlanCreated
from tradewind.contracts.venues import SIMULATED
from tradewind.contracts.wire import format_timestamp
from tradewind.errors import NotYet, TransientError
from tradewind.trading.wallet.errors import AnotherPlanRecorded

TX_HASH = "0x" + "12" * 32
WHOLE = Receipt(TX_HASH, (Fill(60, 90, 7), Fill(40, 60, 8)), final=True)


@dataclass
class ScriptedVenue:
    """Answers with what it was given, and keeps what it was asked."""

    answer: Any = TX_HASH
    submitted: list[SwapTransaction] = field(default_factory=list)
    name: VenueName = SIMULATED

    async def price_quote(self, token_in: Asset, token_out: Asset, amount_in: int) -> RouteQuote:
        raise VenueRefused("not scripted")

    async def build_swap_tx(self, order: SwapOrder) -> SwapTransaction:
        return SwapTransaction(order, b"")

    async def submit_tx(self, transaction: SwapTransaction) -> str:
        self.submitted.append(transaction)
        return str(self._say())

    async def wait_receipt(
        self, tx_hash: str, fills_known: int = 0, reorgs_known: int = 0
    ) -> Receipt:
        receipt = self._say()
        assert isinstance(receipt, Receipt)
        return receipt

    def _say(self) -> object:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def ports(answer: object) -> OrchestratorPorts:
    return OrchestratorPorts({SIMULATED: ScriptedVenue(answer)}, now=lambda: NOW)


def plan(**changes: Any) -> Event[PlanCreated]:
    event = accepted(**changes)
    reading = read_market(market_view(), event.payload.intent)
    (created,) = decide(event, reading, PLAN_LIMITS, NOW)
    return created


async def submitted_step() -> Any:
    return (await submit_plan(plan(), ports(TX_HASH)))[-1]


async def test_a_plan_is_submitted_with_the_intents_end_as_deadline() -> None:
    venue = ScriptedVenue()
    created = plan()

    started, submitted = await submit_plan(
        created, OrchestratorPorts({SIMULATED: venue}, lambda: NOW)
    )

    assert (started.topic, submitted.topic) == ("exec.started", "exec.step_submitted")
    assert (started.sequence, submitted.sequence) == (6, 7)
    assert submitted.payload.tx_hash == TX_HASH
    assert submitted.payload.step == created.payload.steps[0]
    assert submitted.payload.confirm_by == NOW + timedelta(minutes=10)
    (transaction,) = venue.submitted
    order = transaction.order
    assert (order.plan_id, order.step_index) == (created.payload.plan_id, 0)
    assert (order.deadline, order.strategy_id) == (NOW + WINDOW, "demo")


@pytest.mark.parametrize(
    ("error", "topic", "reason"),
    [
        (DeadlinePassed("late"), "intent.expired", None),
        (VenueRefused("no"), "exec.failed", "VENUE_REFUSED"),
    ],
)
async def test_what_is_proven_not_to_have_happened_ends_the_flow(
    error: Exception, topic: str, reason: str | None
) -> None:
    (ended,) = await submit_plan(plan(), ports(error))
    assert (ended.topic, ended.sequence) == (topic, 6)
    if reason:
        assert (ended.payload.reason, ended.payload.proof) == (reason, "not_submitted")


@pytest.mark.parametrize(("waited_for", "told"), [("gas " * 200, 500), ("gas", 3), ("", None)])
async def test_what_expired_at_its_venue_says_what_it_waited_for(
    waited_for: str, told: int | None
) -> None:
    (expired,) = await submit_plan(plan(), ports(StepExpired(NOW, waited_for)))
    assert expired.topic == "intent.expired"
    assert expired.payload.detail == (None if told is None else waited_for[:told])
    assert ("detail" in expired.payload.model_dump()) == (told is not None)


@pytest.mark.parametrize("error", [OutcomeUnknown("lost"), VenueUnavailable("away")])
async def test_anything_else_is_left_to_the_runtime(error: Exception) -> None:
    with pytest.raises(type(error)):
        await submit_plan(plan(), ports(error))


async def test_nothing_follows_from_a_second_plan_of_one_id() -> None:
    assert await submit_plan(plan(), ports(AnotherPlanRecorded())) == []


async def test_without_its_venue_nobody_can_say_that_a_step_was_never_submitted() -> None:
    with pytest.raises(OutcomeUnknown):
        await submit_plan(plan(), OrchestratorPorts({}, now=lambda: NOW))


def test_only_a_venue_that_stayed_away_is_a_failure_with_proof() -> None:
    (failed,) = fail_unavailable(plan(), VenueUnavailable("away"), NOW)
    assert (failed.payload.reason, failed.payload.proof) == ("VENUE_UNAVAILABLE", "not_submitted")
    assert failed.payload.attempts == 6
    with pytest.raises(TransientError):
        fail_unavailable(plan(), TransientError("something else"), NOW)


async def test_each_fill_is_an_event_of_its_own() -> None:
    step = await submitted_step()

    (first,) = await follow_step(step, ports(WHOLE))
    second, completed = await follow_step(first, ports(WHOLE))

    assert [first.sequence, second.sequence, completed.sequence] == [8, 9, 10]
    assert (first.payload.final, second.payload.final) == (False, True)
    assert (first.payload.amount_in, first.payload.amount_out) == (60, 90)
    assert second.payload.cumulative_amount_in == completed.payload.amount_in == 100
    assert second.payload.cumulative_amount_out == completed.payload.amount_out == 150
    assert (first.payload.block_number, second.payload.block_number) == (7, 8)
    assert completed.payload.tx_hash == TX_HASH
    assert await follow_step(second, ports(VenueRefused("nobody asks after the last fill"))) == []


async def test_the_last_fill_seen_is_not_final_while_more_may_come() -> None:
    so_far = Receipt(TX_HASH, WHOLE.fills[:1], final=False)
    (first,) = await follow_step(await submitted_step(), ports(so_far))
    assert not first.payload.final


async def test_an_outcome_on_a_chain_tells_what_it_cost_and_where_it_is() -> None:
    cost = TransactionCost(
        gas_used=150_000,
        effective_gas_price_wei=7,
        fee_wei=1_050_000,
        block_time=NOW,
        transaction_index=3,
    )
    approval = SettledApproval(
        **dict(cost),
        tx_hash="0x" + "34" * 32,
        token=WETH.address,
        spender=WETH.address,
        amount=100,
        succeeded=True,
        block_number=7,
    )
    step = await submitted_step()
    swapped = Receipt(TX_HASH, (Fill(60, 90, 7, 11),), final=True, cost=cost, approvals=(approval,))
    filled, _ = await follow_step(step, ports(swapped))
    written = json.loads(filled.to_bytes())["payload"]
    assert (written["gasUsed"], written["feeWei"]) == (150_000, "1050000")
    assert (written["effectiveGasPriceWei"], written["transactionIndex"]) == ("7", 3)
    assert (written["blockNumber"], written["logIndex"]) == (7, 11)
    assert written["blockTime"] == written["approvals"][0]["blockTime"] == format_timestamp(NOW)
    assert written["approvals"][0]["amount"] == "100"
    reason = ExecutionFailureReason.REVERTED
    reverted = Receipt(
        *(TX_HASH, (), True, reason),
        cost=cost,
        block_number=7,
        approvals=(approval,),
    )
    (failed,) = await follow_step(step, ports(reverted))
    written = json.loads(failed.to_bytes())["payload"]
    assert (written["gasUsed"], written["txHash"], written["blockNumber"]) == (150_000, TX_HASH, 7)
    assert len(written["approvals"]) == 1


async def test_what_is_not_known_is_left_out() -> None:
    (first,) = await follow_step(await submitted_step(), ports(WHOLE))
    told = set(json.loads(first.to_bytes())["payload"])
    assert not told & {"gasUsed", "feeWei", "blockTime", "logIndex", "approvals"}


async def test_a_reverted_transaction_fails_with_the_venues_reason() -> None:
    reverted = Receipt(
        TX_HASH, (), True, ExecutionFailureReason.TOO_LITTLE_RECEIVED, "9 of at least 10"
    )
    (failed,) = await follow_step(await submitted_step(), ports(reverted))
    assert (failed.topic, failed.payload.reason) == ("exec.failed", "TOO_LITTLE_RECEIVED")
    assert (failed.payload.proof, failed.payload.detail) == ("reverted", "9 of at least 10")


@pytest.mark.parametrize("error", [NotYet(50), OutcomeUnknown("gone")])
async def test_a_step_without_an_answer_is_asked_for_again(error: Exception) -> None:
    with pytest.raises(type(error)):
        await follow_step(await submitted_step(), ports(error))


@pytest.mark.parametrize(("portfolio_id", "told"), [("fund", "demo"), (None, None)])
def test_every_event_of_a_signed_step_tells_the_strategy_or_none_does(
    portfolio_id: str | None, told: str | None
) -> None:
    within = timedelta(minutes=10)
    transaction = SignedStep(TX_HASH, WETH.address, 7, NOW)
    signed: Any = decide_step.signed(plan(portfolio_id=portfolio_id), transaction, within)[-1]
    submitted: Any = decide_step.broadcast(signed, NOW, within)[-1]
    lost = Reorg(TX_HASH, reorg_index=0, block_number=1, block_hash=TX_HASH, seen_at=NOW)
    reorged: Any = decide_step.reorged(submitted, lost, within)[-1]
    receipt = Receipt(TX_HASH, (Fill(1, 1, 2), Fill(1, 1, 2)), final=True)
    partial: Any = decide_step.follow(reorged, receipt, 0, NOW)[0]
    final = decide_step.follow(partial, receipt, 1, NOW)[0]
    steps = [signed, submitted, reorged, partial, final]
    assert [event.payload.strategy_id for event in steps] == [told] * 5
    written = [b'"strategyId"' in event.to_bytes() for event in steps]
    assert written == [told is not None] * 5


@pytest.mark.parametrize(
    ("intent_type", "bounds"),
    [("acquire", {"max_amount_in": 1}), ("dispose", {"min_amount_out": 10**30})],
)
async def test_a_plan_that_is_worse_than_risk_allows_reaches_no_venue(
    intent_type: str, bounds: dict[str, int]
) -> None:
    event = plan(intent_type=intent_type)
    planned = event.payload.model_copy(update=bounds)
    venue = ScriptedVenue(TX_HASH)
    ports = OrchestratorPorts({SIMULATED: venue}, now=lambda: NOW)
    (failed,) = await submit_plan(event.model_copy(update={"payload": planned}), ports)
    assert failed.topic == "exec.failed"
    assert failed.payload.reason == ExecutionFailureReason.PRICE_IMPACT_LIMIT
    assert failed.payload.proof == "not_submitted"
    assert venue.submitted == []
