"""The roles together, on the in-memory broker, from submission to the end of the flow."""

import hashlib
import json
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from actors.orchestrator.actors import follow_step, submit_plan
from actors.orchestrator.ports import OrchestratorPorts
from actors.planner.actors import plan_intent
from actors.planner.ports import PlannerPorts
from actors.portfolio.actors import judge_intent
from actors.risk.actors import assess_intent
from actors.risk.ports import RiskPorts
from actors.venues.simulated import SimulatedVenue
from actors.venues.transaction_store import MemoryTransactionStore
from tests.support.factories import NOW, market_view, submitted
from tests.support.limits import PLAN_LIMITS, RISK_LIMITS, SIMULATION
from tests.support.portfolio_stage import portfolio_ports
from tests.unit.actors.test_orchestrator import ScriptedVenue
from tradewind.contracts.execution.demo_strategies import DemoStrategy
from tradewind.contracts.roles import (
    ORCHESTRATOR_WORKERS,
    PLANNER_WORKERS,
    PORTFOLIO_WORKERS,
    RISK_WORKERS,
)
from tradewind.contracts.venues import SIMULATED
from tradewind.runtime import StubBroker
from tradewind.trading.wallet.plan_event import PlanEvent

OPENING = ["risk.screened", "risk.approved", "intent.accepted", "plan.created"]
STARTED = [*OPENING, "exec.started", "exec.step_submitted"]


class Platform:
    """Both stages of risk, planner and orchestrator on one in-memory broker and one clock."""

    def __init__(self, partial_fill_probability: int = 0) -> None:
        market = market_view()
        simulation = replace(SIMULATION, partial_fill_probability=Decimal(partial_fill_probability))
        venue = SimulatedVenue(market, MemoryTransactionStore(), simulation, self.now)
        self.stub = StubBroker(
            assess_intent,
            judge_intent,
            plan_intent,
            submit_plan,
            follow_step,
            ports={
                RISK_WORKERS.name: RiskPorts(market, RISK_LIMITS, self.now),
                PORTFOLIO_WORKERS.name: portfolio_ports(self.now),
                PLANNER_WORKERS.name: PlannerPorts(market, PLAN_LIMITS, self.now),
                ORCHESTRATOR_WORKERS.name: OrchestratorPorts({venue.name: venue}, self.now),
            },
        )

    def now(self) -> datetime:
        return NOW + timedelta(milliseconds=self.stub.now_ms)

    async def topics_of(self, **changes: Any) -> list[str]:
        await self.stub.publish(submitted(**changes))
        await self.stub.drain()
        assert self.stub.dead_letters == []
        return [event.topic for event in self.stub.published]


@pytest.mark.parametrize("intent_type", ["acquire", "dispose"])
async def test_an_intent_is_filled(intent_type: str) -> None:
    platform = Platform()

    topics = await platform.topics_of(intent_type=intent_type)

    assert topics == [*STARTED, "exec.step_filled", "exec.completed"]
    history = [submitted(intent_type=intent_type), *platform.stub.published]
    assert [event.sequence for event in history] == list(range(1, len(history) + 1))
    causes = [event.event_id for event in history[:-1]]
    assert [event.causation_id for event in history[1:]] == causes


@pytest.mark.parametrize("portfolio_id", [None, "demo", "fund"])
async def test_a_step_tells_its_strategy_where_the_portfolio_has_another_name(
    portfolio_id: str | None,
) -> None:
    platform = Platform()
    await platform.topics_of(portfolio_id=portfolio_id)
    events = platform.stub.published
    assert {event.key.portfolio for event in events} == {portfolio_id or "demo"}
    steps = [json.loads(event.to_bytes())["payload"] for event in events if ".step_" in event.topic]
    told = [step.get("strategyId", "nothing") for step in steps]
    assert told == ["demo" if portfolio_id == "fund" else "nothing"] * 2


async def test_a_plan_is_held_against_the_ledger_by_the_bytes_it_came_in() -> None:
    """Given a plan in another spelling than ours, then its order has the hash the ledger has."""
    platform = Platform()
    await platform.topics_of()
    plan = next(one for one in platform.stub.published if one.topic == "plan.created")
    body = json.dumps(json.loads(plan.to_bytes()), indent=1).encode()
    venue = ScriptedVenue()
    stub = StubBroker(submit_plan, ports=OrchestratorPorts({SIMULATED: venue}, platform.now))

    await stub.publish_raw(plan.subject, body)
    await stub.drain()

    (transaction,) = venue.submitted
    assert transaction.order.plan_event == PlanEvent(
        plan.correlation_id, plan.sequence, plan.event_id, hashlib.sha256(body).digest()
    )


async def test_partial_fills_come_one_by_one_and_add_up() -> None:
    platform = Platform()

    topics = await platform.topics_of(strategy_id=DemoStrategy.PARTIAL_FILLS.value)

    fills = [event.payload for event in platform.stub.published if "filled" in event.topic]
    assert topics == [*STARTED, *["exec.step_filled"] * len(fills), "exec.completed"]
    assert 2 <= len(fills) <= 4
    assert [fill.fill_index for fill in fills] == list(range(len(fills)))
    assert [fill.final for fill in fills] == [False] * (len(fills) - 1) + [True]
    completed = platform.stub.published[-1].payload
    assert completed.amount_in == sum(fill.amount_in for fill in fills) == fills[0].step.amount_in
    assert completed.amount_out == sum(fill.amount_out for fill in fills)
    assert completed.amount_out >= fills[0].step.min_out


async def test_a_venue_that_stays_away_fails_the_execution() -> None:
    platform = Platform()

    topics = await platform.topics_of(strategy_id=DemoStrategy.FAILING_VENUE.value)

    assert topics == [*OPENING, "exec.failed"]
    failed = platform.stub.published[-1].payload
    assert (failed.reason, failed.proof) == ("VENUE_UNAVAILABLE", "not_submitted")
    assert failed.attempts == len(platform.stub.redeliveries) + 1


async def test_a_lost_answer_is_looked_up_again_and_executes_once() -> None:
    platform = Platform()

    topics = await platform.topics_of(strategy_id=DemoStrategy.TIMEOUT_VENUE.value)

    assert topics == [*STARTED, "exec.step_filled", "exec.completed"]


async def test_a_slow_venue_is_waited_for() -> None:
    platform = Platform()

    topics = await platform.topics_of(strategy_id=DemoStrategy.SLOW_VENUE.value)

    assert topics == [*STARTED, "exec.step_filled", "exec.completed"]
    assert platform.stub.now_ms >= 3_000


async def test_an_intent_that_waited_too_long_expires_with_nothing_in_flight() -> None:
    platform = Platform()
    platform.stub.now_ms = 301_000

    assert await platform.topics_of() == ["intent.expired"]
