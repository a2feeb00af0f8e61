"""The ports of the portfolio stage."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from actors.portfolio.approvals import ending_waits
from actors.portfolio.pricing import market_of
from actors.portfolio.settings import PortfolioSettings
from actors.portfolio.settlement import settling
from tradewind.contracts.envelope import AnyEvent, Event
from tradewind.contracts.risk.limits import PortfolioInputs
from tradewind.contracts.risk.payloads import RiskScreened
from tradewind.ledger.records import to_recorded
from tradewind.postgres import open_pool
from tradewind.runtime import NatsConnection, clock
from tradewind.runtime.decisions import Decision
from tradewind.trading.book.claims import Claims
from tradewind.trading.book.fence import Fence
from tradewind.trading.book.memory import MemoryBook
from tradewind.trading.book.seams import Judge
from tradewind.trading.book.sessions import LOCK_TIMEOUT_SECONDS
from tradewind.trading.book.waits import WaitEnds
from tradewind.trading.pricing.pools.open_market import open_market
from tradewind.trading.tokens import load_tokens
from tradewind.trading.venue_settings import venue_choice

PORTFOLIO_ROLE: Final = "tradewind_portfolio"
"""The group role at PostgreSQL that its statements are made as."""
MAX_CONNECTIONS: Final = 6
"""Usual claims share one, one settles, one ends waits; the rest is for claims by themselves."""
IDLE_IN_TRANSACTION_SECONDS: Final = 3
"""A process that hangs holds its portfolio no longer: its messages come again after that."""


class PortfolioBook(Protocol):
    """Keeps the decisions of the stage, and what they claim."""

    async def claim(
        self, event: Event[RiskScreened], judge: Judge, now: Callable[[], datetime]
    ) -> Decision:
        """Return the decision about an intent, which is kept: the first one."""
        ...

    async def end(self, event: Event[RiskScreened], ending: Sequence[AnyEvent]) -> Decision:
        """Return the decision about an intent: the first one, or this end of it, which is kept."""
        ...

    async def read_inputs(self, event: Event[RiskScreened], now: datetime) -> PortfolioInputs:
        """Return what an intent would be decided on now; nothing is claimed."""
        ...


@dataclass(frozen=True, slots=True)
class PortfolioPorts:
    """The ports of the portfolio stage."""

    now: Callable[[], datetime]
    book: PortfolioBook = field(default_factory=MemoryBook)


@asynccontextmanager
async def open_ports(
    settings: PortfolioSettings, connection: NatsConnection
) -> AsyncIterator[PortfolioPorts]:
    """Open prices and book, and settle the book while the role runs."""
    dsn = settings.postgres_dsn.get_secret_value()
    pool = await open_pool(
        dsn,
        max_size=MAX_CONNECTIONS,
        role=PORTFOLIO_ROLE,
        writes=True,
        idle_in_transaction_seconds=IDLE_IN_TRANSACTION_SECONDS,
        lock_timeout_seconds=LOCK_TIMEOUT_SECONDS,
    )
    market_of_pools = open_market(
        connection, settings.tokens_file, rust_engine_enabled=settings.rust_engine_enabled
    )
    fence = Fence()
    try:
        async with market_of_pools as view:
            market = market_of(view, load_tokens(settings.tokens_file), settings, clock.now)
            async with settling(pool, connection, fence, market):
                venues = venue_choice(settings, settings)
                book = Claims(pool, fence, market, to_recorded, venues)
                ends = WaitEnds(book, fence, market)
                async with ending_waits(pool, connection, ends, clock.now):
                    yield PortfolioPorts(clock.now, book)
    finally:
        pool.terminate()
