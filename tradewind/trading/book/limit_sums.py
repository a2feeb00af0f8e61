"""Sums that a decision rests on where a limit is about them, and that nobody reads otherwise."""

from datetime import datetime, timedelta
from typing import Final

from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.risk.limits import PortfolioLimits
from tradewind.postgres import Connection
from tradewind.trading.book.grounds import Grounds
from tradewind.trading.book.queries import QUERIES

_APPROVALS: Final = QUERIES["count_approvals"]
_LOCK_TOKEN: Final = QUERIES["lock_token"]
_TOTAL: Final = QUERIES["select_total_position"]


class NeedsTransaction(Exception):
    """A lock has to last until the decision is kept."""


async def recent_approvals(
    connection: Connection, grounds: Grounds, limits: PortfolioLimits, now: datetime
) -> int:
    """Return how many intents were approved in the window of the limit on that; 0 without one."""
    if not limits.rate_window_seconds:
        return 0
    since = now - timedelta(seconds=limits.rate_window_seconds)
    return int(await connection.fetchval(_APPROVALS, grounds.portfolio_id, since, grounds.without))


async def total_position(
    connection: Connection, base: Asset, limits: PortfolioLimits, without: str
) -> int | None:
    """Return what all portfolios hold of a token, where a limit is about that.

    The lock comes after the portfolio's, and settlement takes none, so nobody waits in a circle.
    """
    if not limits.needs_others_position:
        return None
    if not connection.is_in_transaction():
        raise NeedsTransaction
    token = base.chain, base.address
    await connection.execute(_LOCK_TOKEN, *token)
    return int(await connection.fetchval(_TOTAL, *token, without))
