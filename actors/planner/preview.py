"""What the planner would make of an intent that nobody submitted: planned as any other."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from functools import partial
from typing import Final

from actors.planner import ports as role_ports
from actors.planner.decide import costs_of, decide, terms_of, usable
from actors.planner.ports import PlannerPorts
from actors.planner.quoting import MarketReading, read_market
from actors.planner.settings import PlannerRoleSettings
from tradewind.contracts.envelope import parse_event
from tradewind.contracts.intents.model import Intent
from tradewind.contracts.intents.payloads import IntentAccepted
from tradewind.contracts.intents.preview import PlanPreview, seconds
from tradewind.contracts.plans.limits import PlanLimits
from tradewind.contracts.plans.payloads import PlanCreated, PlanRejected
from tradewind.contracts.precision import PRICE
from tradewind.contracts.streams import PLAN_PREVIEWS
from tradewind.runtime import NatsConnection
from tradewind.runtime.queries import TooLate, answering
from tradewind.trading.cores.costs import paid_and_worth
from tradewind.trading.cores.plan_swap import PlannedSwap, plan_swap

IMPACT_STEP: Final = Decimal("0.00000001")


@asynccontextmanager
async def open_ports(
    settings: PlannerRoleSettings, connection: NatsConnection
) -> AsyncIterator[PlannerPorts]:
    """Open the ports of the role, and answer who asks for a preview while it runs."""
    async with (
        role_ports.open_ports(settings, connection) as ports,
        answering(connection, PLAN_PREVIEWS, partial(answer, ports=ports)),
    ):
        yield ports


async def answer(question: bytes, ports: PlannerPorts) -> bytes:
    """Return the PlanPreview of an `intent.accepted`, as JSON."""
    return preview(question, ports).model_dump_json().encode()


def preview(question: bytes, ports: PlannerPorts) -> PlanPreview:
    """Return the plan for an `intent.accepted` on the present pools."""
    event = parse_event(question)
    accepted, limits, now = event.payload, ports.limits, ports.now()
    assert isinstance(accepted, IntentAccepted)
    reading = read_market(ports.market, accepted.intent, limits.price_limits)
    (decided,) = decide(event, reading, limits, now)
    said = decided.payload
    if isinstance(said, PlanRejected):
        return PlanPreview(verdict="rejected", reason=said.reason, detail=said.detail)
    if not isinstance(said, PlanCreated):
        raise TooLate("the time window closed before it was planned")
    fresh = usable(accepted.intent, reading, limits, now)
    return _planned(said, accepted.intent, fresh, ports, now)


def _planned(
    plan: PlanCreated,
    intent: Intent,
    reading: MarketReading,
    ports: PlannerPorts,
    now: datetime,
) -> PlanPreview:
    (step,) = plan.steps
    route, gas_price_wei = step.route, reading.gas_price_wei
    used = {leg.pool for leg in route.legs} or {route.pool}
    states = [
        pool.snapshot
        for pool in (*reading.pools, *reading.connecting)
        if pool.snapshot.pool in used
    ]
    oldest = min(states, key=lambda one: one.block_time)
    return PlanPreview(
        verdict="planned",
        venue=step.venue,
        route=route,
        amount_in=step.amount_in,
        expected_out=route.amount_out,
        min_out=step.min_out,
        price_impact=_impact(intent, reading, ports.limits),
        gas_estimate=route.gas_estimate,
        gas_cost_wei=None if gas_price_wei is None else route.gas_estimate * gas_price_wei,
        estimated_cost_usd=plan.plan.estimated_cost,
        block_number=oldest.block_number,
        block_time=oldest.block_time,
        age_seconds=seconds(now - oldest.block_time),
    )


def _impact(intent: Intent, reading: MarketReading, limits: PlanLimits) -> Decimal:
    """Return which share of what the swap is worth at the mid price it loses, gas apart."""
    gas_cost = costs_of(intent, reading, limits).quote_base_units_per_gas
    terms = terms_of(intent, limits)
    planned = plan_swap(terms, reading.pools, reading.connecting, gas_cost)
    assert isinstance(planned, PlannedSwap), "the same reading gave a plan"
    pair, is_acquire = intent.assets, terms.is_acquire
    paid, worth = paid_and_worth(planned.route, pair, is_acquire=is_acquire)
    mid = worth if is_acquire else paid
    lost = PRICE.divide(PRICE.subtract(paid, worth), mid)
    return lost.quantize(IMPACT_STEP, rounding=ROUND_CEILING, context=PRICE)
