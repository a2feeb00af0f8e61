"""Finds out whose histories are: the strategy and the portfolio an intent was submitted for."""

from collections.abc import Collection
from typing import NamedTuple

from tradewind.ledger.queries import QUERIES
from tradewind.postgres import Pool, outage_is_transient

_OWNERS = QUERIES["select_owners"]


class Owner(NamedTuple):
    """Whose a history is."""

    strategy_id: str
    portfolio_id: str


class Owners:
    """Looks owners up. It raises TransientError while PostgreSQL is unavailable."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def of(self, correlation_ids: Collection[str]) -> dict[str, Owner]:
        """Return the owners of those histories that are of intents or signals."""
        if not correlation_ids:
            return {}
        with outage_is_transient():
            rows = await self._pool.fetch(_OWNERS, list(correlation_ids))
        return {name: Owner(strategy_id, portfolio_id) for name, strategy_id, portfolio_id in rows}
