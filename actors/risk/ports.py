"""What risk reads, and where it keeps what it read."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from actors import clock
from actors.observation_publisher import Keep, keep_nothing, keeping
from tradewind.contracts.risk.limits import RiskLimits
from tradewind.runtime import NatsConnection
from tradewind.settings import PlatformSettings, Settings
from tradewind.trading.pricing.pools.pool_view import PoolView
from tradewind.trading.pricing.pools.snapshot_cache import SnapshotCache
from tradewind.trading.pricing.pools.snapshot_watch import watched
from tradewind.trading.pricing.swap.engine import choose_router
from tradewind.trading.tokens import load_tokens


@dataclass(frozen=True, slots=True)
class RiskPorts:
    """What risk reads, and where it keeps what it read."""

    market: PoolView
    limits: RiskLimits
    now: Callable[[], datetime]
    keep: Keep = keep_nothing


@asynccontextmanager
async def open_ports(settings: Settings, connection: NatsConnection) -> AsyncIterator[RiskPorts]:
    """Watch the pool snapshots while the role runs."""
    cache = SnapshotCache(choose_router(rust_engine_enabled=settings.rust_engine_enabled))
    async with (
        watched(connection.jetstream, cache, connection.reconnect_hooks),
        keeping(connection) as keep,
    ):
        market = PoolView(cache, load_tokens(settings.tokens_file))
        yield RiskPorts(market, limits_of(settings), clock.now, keep)


def limits_of(settings: PlatformSettings) -> RiskLimits:
    """Return the limits the settings ask for."""
    return RiskLimits(
        max_notional_usd=settings.max_notional_usd,
        max_slippage=settings.max_slippage,
        price_max_age_seconds=settings.price_max_age_seconds,
    )
