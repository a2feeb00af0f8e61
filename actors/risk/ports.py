"""The ports of risk: the pools it reads, and the publisher of what it observed."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from actors.observation_publisher import Keep, keep_nothing, keeping
from actors.risk.instructions import ReadPolicy, no_policy, opened_instructions
from actors.risk.settings import RiskRoleSettings, RiskSettings
from tradewind.contracts.instruments.registry import InstrumentTerms
from tradewind.contracts.risk.limits import RiskLimits
from tradewind.ledger.cancellations import FindCancellation, nothing_cancelled
from tradewind.runtime import NatsConnection, clock
from tradewind.trading.instruments.declared import UNBOUND
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
    read_policy: ReadPolicy = no_policy
    instruments: Instruments | None = None
    """None where a decision is repeated, which rests on the terms that were recorded with it."""

    def terms_of(self, instrument: str) -> InstrumentTerms | None:
        """Return what the registry says of a pair; None where it knows nothing of it."""
        if self.instruments is None:
            return UNBOUND
        found = self.instruments.instrument_of(instrument)
        return None if found is None else found.terms


@asynccontextmanager
async def open_ports(
    settings: RiskRoleSettings, connection: NatsConnection
) -> AsyncIterator[RiskPorts]:
    """Watch pool snapshots and instruments while the role runs; open policies and cancellations."""
    dsn = settings.postgres_dsn.get_secret_value()
    market_of_pools = open_market(
        connection, settings.tokens_file, rust_engine_enabled=settings.rust_engine_enabled
    )
    declared = declared_instruments(settings.tokens_file, settings.instruments_file)
    async with (
        market_of_pools as market,
        keeping(connection) as keep,
        opened_instructions(dsn, RISK_ROLE) as instructions,
        opened_instruments(dsn, RISK_ROLE, declared) as instruments,
    ):
        yield RiskPorts(
            market=market,
            limits=limits_of(settings),
            now=clock.now,
            keep=keep,
            find_cancellation=instructions.find_cancellation,
            read_policy=instructions.policy,
            instruments=instruments,
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
