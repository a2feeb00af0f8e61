"""Measures both stages of risk and the planner alone: calls their actors, on pools in memory."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from actors.planner.actors import plan_intent
from actors.planner.ports import PlannerPorts
from actors.portfolio.actors import judge_intent
from actors.portfolio.ports import PortfolioPorts
from actors.risk.actors import assess_intent
from actors.risk.ports import RiskPorts
from loadtest.bench.events import START, accepted_histories
from loadtest.bench.findings import BenchmarkFailed, Budget, Finding
from loadtest.bench.percentiles import percentile
from loadtest.bench.references import Reference
from loadtest.bench.run import Run
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.intents.payloads import IntentAccepted
from tradewind.contracts.plans.limits import PlanLimits
from tradewind.contracts.plans.payloads import PlanCreated
from tradewind.contracts.risk.limits import RiskLimits
from tradewind.contracts.risk.payloads import RiskScreened
from tradewind.contracts.venues import SIMULATED
from tradewind.runtime.decisions import KeptEvent
from tradewind.trading.pricing.pools.pool_view import PoolView
from tradewind.trading.pricing.pools.simulated_pools import SimulatedPools
from tradewind.trading.pricing.pools.snapshot_cache import SnapshotCache
from tradewind.trading.pricing.pools.snapshot_keys import snapshot_key
from tradewind.trading.pricing.price_settings import PriceSettings
from tradewind.trading.pricing.swap.python_router import PythonRouter
from tradewind.trading.tokens import load_tokens

NAME: Final = "decisions"
_COUNT = 500
_RISK_BUDGET = Budget(16)
_PLANNING_BUDGET = Budget(50)
"""1 ms and 3 ms where a message of the raw loop takes 60 µs."""
_SEED = 17
_BLOCK_MS = 1_000
_MAX_AGE_SECONDS = 3_600
_MAX_NOTIONAL_USD = Decimal(10_000)
_MAX_SLIPPAGE = Decimal("0.05")

type Decision = Callable[[AnyEvent], Awaitable[Sequence[AnyEvent | KeptEvent]]]


def run(run: Run) -> list[Finding]:
    """Return p50 and p99 of one decision; the market has the pools of the simulated one."""
    market = _market()
    histories = list(itertools.islice(accepted_histories(_SEED), run.scaled(_COUNT)))
    risk_ports = RiskPorts(market, _risk_limits(), _now)
    planner_ports = PlannerPorts(market, _plan_limits(), _now)
    portfolio_ports = PortfolioPorts(_now)
    assess = _timed(
        lambda event: assess_intent(event, risk_ports),
        [history[0] for history in histories],
        RiskScreened.topic,
    )
    judge = _timed(
        lambda event: judge_intent(event, portfolio_ports),
        [history[1] for history in histories],
        IntentAccepted.topic,
    )
    plan = _timed(
        lambda event: plan_intent(event, planner_ports),
        [history[-1] for history in histories],
        PlanCreated.topic,
    )
    return [
        Finding(
            NAME,
            f"{what} alone, p{percent}",
            percentile(latencies_ms, percent),
            "ms",
            budget,
            per=Reference.MESSAGE,
        )
        for what, latencies_ms, median_budget in (
            ("risk", assess, _RISK_BUDGET),
            ("portfolio, its book in memory,", judge, _RISK_BUDGET),
            ("planning", plan, _PLANNING_BUDGET),
        )
        for percent, budget in ((50, median_budget), (99, None))
    ]


def _timed(decision: Decision, events: Sequence[AnyEvent], expected_topic: str) -> list[float]:
    """Return milliseconds per decision; BenchmarkFailed when one is not the expected."""

    async def decide_all() -> list[float]:
        latencies_ms = []
        for event in events:
            started_at = time.perf_counter_ns()
            decided = await decision(event)
            latencies_ms.append((time.perf_counter_ns() - started_at) / 1e6)
            if decided[-1].topic != expected_topic:
                raise BenchmarkFailed(f"{decided[-1].topic} instead of {expected_topic}")
        return latencies_ms

    return asyncio.run(decide_all())


def _market() -> PoolView:
    registry = load_tokens()
    simulated = SimulatedPools(_SEED, registry, "ethereum", _BLOCK_MS)
    cache = SnapshotCache(PythonRouter())
    for snapshot in simulated.snapshots(simulated.block_number_at(START)):
        cache.apply(snapshot_key(snapshot), snapshot.model_dump_json().encode())
    return PoolView(cache, registry)


def _risk_limits() -> RiskLimits:
    return RiskLimits(
        max_notional_usd=_MAX_NOTIONAL_USD,
        max_slippage=_MAX_SLIPPAGE,
        price_max_age_seconds=_MAX_AGE_SECONDS,
        max_price_impact=_MAX_SLIPPAGE,
        price_limits=PriceSettings().price_limits,
    )


def _plan_limits() -> PlanLimits:
    return PlanLimits(
        venue=SIMULATED,
        paper_strategies=(),
        pool_max_age_seconds=_MAX_AGE_SECONDS,
        gas_price_wei=10**10,
        duration_ms=20,
        paper_duration_ms=20,
        max_notional_usd=_MAX_NOTIONAL_USD,
        max_slippage=_MAX_SLIPPAGE,
        price_limits=PriceSettings().price_limits,
        rounds_minimum="up",
    )


def _now() -> datetime:
    return START
