"""The ports of the portfolio stage."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from actors.portfolio.settings import PortfolioSettings
from tradewind.ledger.cancellations import (
    FindCancellation,
    nothing_cancelled,
    opened_cancellations,
)
from tradewind.runtime import NatsConnection, clock

PORTFOLIO_ROLE: Final = "tradewind_portfolio"
"""The group role at PostgreSQL that its statements are made as."""


@dataclass(frozen=True, slots=True)
class PortfolioPorts:
    """The ports of the portfolio stage."""

    now: Callable[[], datetime]
    find_cancellation: FindCancellation = nothing_cancelled


@asynccontextmanager
async def open_ports(
    settings: PortfolioSettings, connection: NatsConnection
) -> AsyncIterator[PortfolioPorts]:
    """Open the requests to cancel."""
    del connection
    dsn = settings.postgres_dsn.get_secret_value()
    async with opened_cancellations(dsn, PORTFOLIO_ROLE) as cancellations:
        yield PortfolioPorts(clock.now, cancellations.find)
