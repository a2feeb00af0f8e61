"""The ports of the portfolio stage."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from actors.portfolio.settings import PortfolioSettings
from tradewind.contracts.envelope import Event
from tradewind.contracts.risk.limits import Book, PolicyReference, PortfolioInputs, PortfolioLimits
from tradewind.contracts.risk.payloads import RiskScreened
from tradewind.ledger.cancellations import (
    FindCancellation,
    nothing_cancelled,
    opened_cancellations,
)
from tradewind.runtime import NatsConnection, clock

PORTFOLIO_ROLE: Final = "tradewind_portfolio"
"""The group role at PostgreSQL that its statements are made as."""


ReadInputs = Callable[[Event[RiskScreened]], Awaitable[PortfolioInputs]]
"""Reads what an intent would be decided on now, and claims nothing."""


async def nothing_booked(_: Event[RiskScreened]) -> PortfolioInputs:
    """Return the inputs of a portfolio without a book and without limits."""
    return PortfolioInputs(
        policy=PolicyReference(version=0), limits=PortfolioLimits(), book=Book(version=0, as_of=0)
    )


@dataclass(frozen=True, slots=True)
class PortfolioPorts:
    """The ports of the portfolio stage."""

    now: Callable[[], datetime]
    find_cancellation: FindCancellation = nothing_cancelled
    read_inputs: ReadInputs = nothing_booked


@asynccontextmanager
async def open_ports(
    settings: PortfolioSettings, connection: NatsConnection
) -> AsyncIterator[PortfolioPorts]:
    """Open the requests to cancel."""
    del connection
    dsn = settings.postgres_dsn.get_secret_value()
    async with opened_cancellations(dsn, PORTFOLIO_ROLE) as cancellations:
        yield PortfolioPorts(clock.now, cancellations.find)
