"""Whose a portfolio is: every strategy that ever had an intent decided for it."""

from collections.abc import Collection
from typing import Final

from tradewind.contracts.portfolio.strategies import MAX_TOLD_STRATEGIES
from tradewind.postgres import Connection
from tradewind.trading.book.queries import QUERIES

_STRATEGIES: Final = QUERIES["select_strategies"]


async def strategies_of(connection: Connection, portfolio_id: str) -> tuple[str, ...]:
    """Return the strategies by name; none where there are more than an event tells."""
    return (await strategies_of_all(connection, [portfolio_id]))[portfolio_id]


async def strategies_of_all(
    connection: Connection, portfolio_ids: Collection[str]
) -> dict[str, tuple[str, ...]]:
    """Return the strategies of several portfolios, by the portfolios' ids."""
    found: dict[str, list[str]] = {one: [] for one in portfolio_ids}
    rows = await connection.fetch(_STRATEGIES, list(portfolio_ids), MAX_TOLD_STRATEGIES + 1)
    for portfolio_id, strategy_id in rows:
        found[portfolio_id].append(strategy_id)
    return {
        name: tuple(strategies) if len(strategies) <= MAX_TOLD_STRATEGIES else ()
        for name, strategies in found.items()
    }
