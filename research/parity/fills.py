"""Compares a fill that arrived with what its plan expected, on the pools as they were."""

from collections.abc import Sequence
from typing import NamedTuple

from actors.planner.quoting import read_market
from research.parity.days import FillSplit, split_of
from research.redecide.markets import NotReRunnable, RecordedMarket, RecordedMarkets
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.execution.payloads import StepFilled, StepSubmitted
from tradewind.contracts.instruments.pools import ContentId
from tradewind.contracts.intents.model import Intent
from tradewind.contracts.intents.payloads import IntentSubmitted
from tradewind.contracts.plans.model import ExecutionStep
from tradewind.contracts.plans.payloads import PlanCreated
from tradewind.trading.cores.fill import Sale, sell
from tradewind.trading.pricing.swap.router import PreparedPool


class Execution(NamedTuple):
    """A plan and what came of it."""

    intent: Intent
    step: ExecutionStep
    market: ContentId
    arrival: ContentId | None
    """The market that the venue filled on, where it records one."""
    fill: StepFilled
    """The last one, which tells the sums."""


def execution_of(events: Sequence[AnyEvent]) -> Execution | None:
    """Return the plan of a history that was filled to its end; None of any other."""
    intent: Intent | None = None
    planned: PlanCreated | None = None
    arrival: ContentId | None = None
    last: StepFilled | None = None
    for event in events:
        payload = event.payload
        if isinstance(payload, IntentSubmitted):
            intent = payload.intent
        elif isinstance(payload, PlanCreated):
            planned = payload
        elif isinstance(payload, StepSubmitted):
            arrival = None if payload.inputs is None else payload.inputs.market
        elif isinstance(payload, StepFilled):
            last = payload
    if intent is None or planned is None or last is None or not last.final:
        return None
    market = None if planned.inputs is None else planned.inputs.market
    if market is None:
        return None
    return Execution(intent, planned.steps[0], market, arrival, last)


async def compared(
    execution: Execution, markets: RecordedMarkets, arrival: ContentId | None
) -> FillSplit | None:
    """Return how a fill differs; `arrival` is the market it met, or the one seen last before it.

    None where the market of the plan is not kept.
    """
    try:
        planned = await markets.get(execution.market)
    except NotReRunnable:
        return None
    expected = _yield(execution, planned)
    if not expected:
        return None
    on_arrival = None if arrival is None else await _on_arrival(execution, markets, arrival)
    fill, estimate = execution.fill, execution.step.route.gas_estimate
    gas = None if fill.gas_used is None or not estimate else (fill.gas_used, estimate)
    return split_of(expected, fill.cumulative_amount_out, on_arrival, gas)


async def _on_arrival(
    execution: Execution, markets: RecordedMarkets, arrival: ContentId
) -> int | None:
    try:
        return _yield(execution, await markets.get(arrival))
    except NotReRunnable:
        return None


def _yield(execution: Execution, market: RecordedMarket) -> int | None:
    """Return what the plan's sale yields on a market; None where a pool of it is missing."""
    reading = read_market(market.as_recorded, execution.intent)
    pools = {one.shape.pool: one for one in (*reading.pools, *reading.connecting)}
    route = execution.step.route
    wanted = [leg.pool for leg in route.legs] or [route.pool]
    if any(one not in pools for one in wanted):
        return None
    sold = sell(_sale(execution.step), _prepared(pools, wanted))
    return sold.amount_out if sold.is_filled else None


def _prepared(pools: dict[str, PreparedPool], wanted: Sequence[str]) -> list[PreparedPool]:
    return [pools[one] for one in wanted]


def _sale(step: ExecutionStep) -> Sale:
    route = step.route
    shares = tuple(leg.amount_in for leg in route.legs) if route.path == "split" else ()
    return Sale(route.path, step.token_in, step.amount_in, step.min_out, shares)
