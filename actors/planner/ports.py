"""What the planner reads, and where it keeps what it read."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from actors.observation_publisher import Keep, keep_nothing, keeping
from actors.planner.obstacles import FindObstacle, nothing_in_the_way, opened_obstacles
from actors.planner.settings import PlannerRoleSettings, PlannerSettings
from tradewind.contracts.plans.limits import PlanLimits
from tradewind.contracts.venues import VENUES
from tradewind.runtime import NatsConnection, clock
from tradewind.trading.pricing.pools.open_market import open_market
from tradewind.trading.pricing.pools.pool_view import PoolView
from tradewind.trading.venue_settings import venue_choice

PLANNER_ROLE: Final = "tradewind_planner"
"""The group role at PostgreSQL that its statements are made as."""


@dataclass(frozen=True, slots=True)
class PlannerPorts:
    """What the planner reads, and where it keeps what it read."""

    market: PoolView
    limits: PlanLimits
    now: Callable[[], datetime]
    keep: Keep = keep_nothing
    find_obstacle: FindObstacle = nothing_in_the_way


@asynccontextmanager
async def open_ports(
    settings: PlannerRoleSettings, connection: NatsConnection
) -> AsyncIterator[PlannerPorts]:
    """Watch the pool snapshots while the role runs; open requests to cancel and trading states."""
    dsn = settings.postgres_dsn.get_secret_value()
    market_of_pools = open_market(
        connection, settings.tokens_file, rust_engine_enabled=settings.rust_engine_enabled
    )
    async with (
        market_of_pools as market,
        keeping(connection) as keep,
        opened_obstacles(dsn, PLANNER_ROLE, venue_choice(settings, settings)) as obstacles,
    ):
        yield PlannerPorts(
            market,
            limits_of(settings),
            clock.now,
            keep,
            obstacles.find,
        )


def limits_of(settings: PlannerSettings) -> PlanLimits:
    """Return what the settings ask plans to be held against."""
    venue, paper_patterns = venue_choice(settings, settings)
    return PlanLimits(
        venue=venue,
        paper_strategies=paper_patterns,
        pool_max_age_seconds=settings.pool_max_age_seconds,
        gas_price_wei=settings.gas_price_wei,
        duration_ms=VENUES[venue].duration_ms or settings.simulated_latency_ms,
        paper_duration_ms=settings.simulated_latency_ms,
        max_notional_usd=settings.max_notional_usd,
        max_slippage=settings.max_slippage,
        price_limits=settings.price_limits,
        rounds_minimum="up",
    )
