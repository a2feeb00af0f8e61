"""Whose a portfolio is: every strategy that ever had an intent decided for it."""

from typing import Final

from tradewind.contracts.portfolio.strategies import MAX_TOLD_STRATEGIES
from tradewind.postgres import Connection
from tradewind.trading.book.queries import QUERIES

_STRATEGIES: Final = QUERIES["select_strategies"]


async def strategies_of(connection: Connection, portfolio_id: str) -> tuple[str, ...]:
    """Return the strategies by name; none where there are more than an event tells."""
    rows = await connection.fetch(_STRATEGIES, portfolio_id, MAX_TOLD_STRATEGIES + 1)
    found = tuple(row["strategy_id"] for row in rows)
    return found if len(found) <= MAX_TOLD_STRATEGIES else ()
