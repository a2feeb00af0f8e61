"""Lets trading go on after a part of the history was lost, once the wallets prove it harmless."""

from datetime import datetime
from typing import Final, NamedTuple

from tradewind.contracts.system.trading_states import HISTORY, TradingState
from tradewind.postgres import Pool, outage_is_transient
from tradewind.queries import load_queries
from tradewind.trading.halts.changes import change_state
from tradewind.trading.halts.errors import StateChanged
from tradewind.trading.halts.records import StateChange
from tradewind.trading.treasury.records import TREASURY

_QUERIES: Final = load_queries("tradewind.trading.treasury")
_UNPROVEN = _QUERIES["select_unproven"]
_MARK = _QUERIES["mark_proof"]
_UNPROVABLE = _QUERIES["select_unprovable"]


class Unproven(NamedTuple):
    """A halt because of lost history, and how far its proof is."""

    version: int
    since: datetime
    is_marked: bool
    """Whether it is noted from which block on a comparison counts."""
    block_number: int


class LostHistory:
    """The halt because of lost history. Its methods raise DatabaseUnavailable."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def unproven(self) -> Unproven | None:
        """Return the halt that is in force, or None."""
        with outage_is_transient():
            row = await self._pool.fetchrow(_UNPROVEN)
        return None if row is None else Unproven(*row)

    async def mark(self, halt: Unproven, block_number: int) -> None:
        """Let comparisons count from a block on that was the newest after the loss was noticed."""
        with outage_is_transient():
            await self._pool.execute(_MARK, halt.version, block_number)

    async def unprovable(self, halt: Unproven, chain_id: int) -> list[str]:
        """Return the wallets of which no comparison proves anything.

        Books that began after the loss began with what was there, whatever had happened.
        """
        with outage_is_transient():
            rows = await self._pool.fetch(_UNPROVABLE, halt.since, chain_id)
        return [row["address"] for row in rows]

    async def lift(self, halt: Unproven, reason: str) -> bool:
        """Let trading go on; False where somebody has changed the halt meanwhile."""
        change = StateChange(HISTORY, TradingState.ACTIVE, reason, TREASURY)
        try:
            with outage_is_transient():
                async with self._pool.acquire() as connection, connection.transaction():
                    await change_state(connection, change, TREASURY, expected_version=halt.version)
        except StateChanged:
            return False
        return True
