"""The ports of risk: the pools it reads, and the publisher of what it observed."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from actors.observation_publisher import Keep, keep_nothing, keeping
from actors.risk.settings import RiskSettings
from tradewind.contracts.risk.limits import RiskLimits
from tradewind.runtime import NatsConnection, clock
from tradewind.trading.pricing.pools.open_market import open_market
from tradewind.trading.pricing.pools.pool_view import PoolView


@dataclass(frozen=True, slots=True)
class RiskPorts:
    """The ports of risk: the pools it reads, and the publisher of what it observed."""

    market: PoolView
    limits: RiskLimits
    now: Callable[[], datetime]
    keep: Keep = keep_nothing


@asynccontextmanager
async def open_ports(
    settings: RiskSettings, connection: NatsConnection
) -> AsyncIterator[RiskPorts]:
    """Watch the pool snapshots while the role runs."""
    market_of_pools = open_market(
        connection, settings.tokens_file, rust_engine_enabled=settings.rust_engine_enabled
    )
    async with market_of_pools as market, keeping(connection) as keep:
        yield RiskPorts(market, limits_of(settings), clock.now, keep)


def limits_of(settings: RiskSettings) -> RiskLimits:
    """Return the limits that the settings configure."""
    return RiskLimits(
        max_notional_usd=settings.max_notional_usd,
        max_slippage=settings.max_slippage,
        price_max_age_seconds=settings.price_max_age_seconds,
        max_price_impact=settings.max_price_impact,
        price_limits=settings.price_limits,
    )
