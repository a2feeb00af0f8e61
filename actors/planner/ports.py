"""What the planner reads, and where it keeps what it read."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from actors.observation_publisher import Keep, keep_nothing, keeping
from actors.planner.settings import PlannerRoleSettings, PlannerSettings
from tradewind.contracts.plans.limits import PlanLimits
from tradewind.contracts.venues import VENUES, default_venue
from tradewind.ledger.cancellations import (
    FindCancellation,
    nothing_cancelled,
    opened_cancellations,
)
from tradewind.runtime import NatsConnection, clock
from tradewind.trading.pricing.pools.open_market import open_market
from tradewind.trading.pricing.pools.pool_view import PoolView

PLANNER_ROLE: Final = "tradewind_planner"
"""The group role at PostgreSQL that its statements are made as."""


@dataclass(frozen=True, slots=True)
class PlannerPorts:
    """What the planner reads, and where it keeps what it read."""

    market: PoolView
    limits: PlanLimits
    now: Callable[[], datetime]
    keep: Keep = keep_nothing
    find_cancellation: FindCancellation = nothing_cancelled


@asynccontextmanager
async def open_ports(
    settings: PlannerRoleSettings, connection: NatsConnection
) -> AsyncIterator[PlannerPorts]:
    """Watch the pool snapshots while the role runs, and open the requests to cancel."""
    dsn = settings.postgres_dsn.get_secret_value()
    market_of_pools = open_market(
        connection, settings.tokens_file, rust_engine_enabled=settings.rust_engine_enabled
    )
    async with (
        market_of_pools as market,
        keeping(connection) as keep,
        opened_cancellations(dsn, PLANNER_ROLE) as cancellations,
    ):
        yield PlannerPorts(market, limits_of(settings), clock.now, keep, cancellations.find)


def limits_of(settings: PlannerSettings) -> PlanLimits:
    """Return what the settings ask plans to be held against."""
    venue = settings.venue or default_venue(has_chain=not settings.mock_chain)
    return PlanLimits(
        venue=venue,
        paper_strategies=_patterns(settings.paper_strategies),
        pool_max_age_seconds=settings.pool_max_age_seconds,
        gas_price_wei=settings.gas_price_wei,
        duration_ms=VENUES[venue].duration_ms or settings.simulated_latency_ms,
        paper_duration_ms=settings.simulated_latency_ms,
        max_notional_usd=settings.max_notional_usd,
        max_slippage=settings.max_slippage,
        price_limits=settings.price_limits,
        rounds_minimum="up",
    )


def _patterns(text: str) -> tuple[str, ...]:
    return tuple(pattern.strip() for pattern in text.split(",") if pattern.strip())
