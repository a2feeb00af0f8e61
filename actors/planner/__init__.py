"""Planner: turns an accepted intent into one swap by the best route."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from prometheus_client import Histogram

from actors.broker import broker
from actors.observation_publisher import Keep, keep_nothing, keeping
from actors.planner.planning import decide, reject
from actors.planner.quoting import read_market
from actors.planner.settings import PlannerSettings
from tradewind.contracts.envelope import AnyEvent, Event
from tradewind.contracts.intents.payloads import IntentAccepted
from tradewind.contracts.plans.limits import PlanLimits
from tradewind.contracts.plans.model import SIMULATED, UNISWAP_V3
from tradewind.contracts.plans.reasons import PlanRejectionReason
from tradewind.contracts.roles import PLANNER_WORKERS
from tradewind.runtime import NatsConnection, clock
from tradewind.trading.pricing.open_market import open_market
from tradewind.trading.pricing.pools.pool_view import PoolView

TIME_LIMIT_MS = 2_000
BLOCK_DURATION_MS = 12_000

PLANNING_SECONDS = Histogram(
    "tradewind_planning_seconds",
    "Time to read the market and find the best route; nothing is published in it.",
    buckets=(0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.003, 0.005, 0.01, 0.05, 0.25),
)


@dataclass(frozen=True, slots=True)
class PlannerPorts:
    """What the planner reads, and where it keeps what it read."""

    market: PoolView
    limits: PlanLimits
    now: Callable[[], datetime]
    keep: Keep = keep_nothing


def reject_unpriced(
    event: Event[IntentAccepted], error: Exception, now: datetime
) -> list[AnyEvent]:
    """End the flow when the market could not be read."""
    return reject(event, PlanRejectionReason.NO_PRICE, str(error), now)


@broker.actor(
    queue_name=PLANNER_WORKERS.name,
    topics=[IntentAccepted.topic],
    time_limit=TIME_LIMIT_MS,
    on_exhausted=reject_unpriced,
)
async def plan_intent(event: Event[IntentAccepted], ports: PlannerPorts) -> list[AnyEvent]:
    """Read the market and plan the intent on it."""
    with PLANNING_SECONDS.time():
        reading = read_market(ports.market, event.payload.intent)
        observation = ports.market.observe()
        decided = decide(event, reading, ports.limits, ports.now(), observation.market)
    await ports.keep(observation)
    return decided


@asynccontextmanager
async def open_ports(
    settings: PlannerSettings, connection: NatsConnection
) -> AsyncIterator[PlannerPorts]:
    """Watch the pool snapshots while the role runs."""
    market_of_pools = open_market(
        connection, settings.tokens_file, rust_engine_enabled=settings.rust_engine_enabled
    )
    async with market_of_pools as market, keeping(connection) as keep:
        yield PlannerPorts(market, limits_of(settings), clock.now, keep)


def limits_of(settings: PlannerSettings) -> PlanLimits:
    """Return what the settings ask plans to be held against."""
    return PlanLimits(
        venue=SIMULATED if settings.mock_chain else UNISWAP_V3,
        paper_strategies=_patterns(settings.paper_strategies),
        pool_max_age_seconds=settings.pool_max_age_seconds,
        gas_price_wei=settings.gas_price_wei,
        duration_ms=BLOCK_DURATION_MS,
        paper_duration_ms=settings.simulated_latency_ms,
        max_notional_usd=settings.max_notional_usd,
        max_slippage=settings.max_slippage,
    )


def _patterns(text: str) -> tuple[str, ...]:
    return tuple(pattern.strip() for pattern in text.split(",") if pattern.strip())
