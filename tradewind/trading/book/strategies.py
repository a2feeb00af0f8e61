"""Whose a portfolio is: every strategy that ever had an intent decided for it."""

from collections.abc import Sequence
from typing import Final

from tradewind.contracts.portfolio.strategies import MAX_TOLD_STRATEGIES
from tradewind.postgres import Connection
from tradewind.trading.book.queries import QUERIES

MAX_READ: Final = MAX_TOLD_STRATEGIES + 1
"""One more than an event tells, so that it is known whether there are more."""

_STRATEGIES: Final = QUERIES["select_strategies"]


async def strategies_of(connection: Connection, portfolio_id: str) -> tuple[str, ...]:
    """Return the strategies by name; none where there are more than an event tells."""
    rows = await connection.fetch(_STRATEGIES, portfolio_id, MAX_READ)
    return told_strategies([row["strategy_id"] for row in rows])


def told_strategies(read: Sequence[str]) -> tuple[str, ...]:
    """Return the same of strategies of which MAX_READ were read at most."""
    return tuple(read) if len(read) <= MAX_TOLD_STRATEGIES else ()
