"""The ports of risk: the pools it reads, and the publisher of what it observed."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from actors.observation_publisher import Keep, keep_nothing, keeping
from actors.risk.settings import RiskRoleSettings, RiskSettings
from tradewind.contracts.risk.limits import RiskLimits
from tradewind.ledger.cancellations import (
    FindCancellation,
    nothing_cancelled,
    opened_cancellations,
)
from tradewind.runtime import NatsConnection, clock
from tradewind.trading.instruments.file import declared_instruments
from tradewind.trading.instruments.registry import Instruments
from tradewind.trading.instruments.watch import opened_instruments
from tradewind.trading.pricing.pools.open_market import open_market
from tradewind.trading.pricing.pools.pool_view import PoolView

RISK_ROLE: Final = "tradewind_risk"
"""The group role at PostgreSQL that its statements are made as."""


@dataclass(frozen=True, slots=True)
class RiskPorts:
    """The ports of risk: the pools it reads, and the publisher of what it observed."""

    market: PoolView
    limits: RiskLimits
    now: Callable[[], datetime]
    keep: Keep = keep_nothing
    find_cancellation: FindCancellation = nothing_cancelled
    instruments: Instruments | None = None
    """None where a decision is repeated, which rests on the terms that were recorded with it."""


@asynccontextmanager
async def open_ports(
    settings: RiskRoleSettings, connection: NatsConnection
) -> AsyncIterator[RiskPorts]:
    """Watch pool snapshots and instruments while the role runs, and open requests to cancel."""
    dsn = settings.postgres_dsn.get_secret_value()
    market_of_pools = open_market(
        connection, settings.tokens_file, rust_engine_enabled=settings.rust_engine_enabled
    )
    declared = declared_instruments(settings.tokens_file, settings.instruments_file)
    async with (
        market_of_pools as market,
        keeping(connection) as keep,
        opened_cancellations(dsn, RISK_ROLE) as cancellations,
        opened_instruments(dsn, RISK_ROLE, declared) as instruments,
    ):
        yield RiskPorts(
            market, limits_of(settings), clock.now, keep, cancellations.find, instruments
        )


def limits_of(settings: RiskSettings) -> RiskLimits:
    """Return the limits that the settings configure."""
    return RiskLimits(
        max_notional_usd=settings.max_notional_usd,
        max_slippage=settings.max_slippage,
        price_max_age_seconds=settings.price_max_age_seconds,
        max_price_impact=settings.max_price_impact,
        price_limits=settings.price_limits,
    )
