"""Trading states as commands use them: each change is a transaction of its own."""

from typing import Final

from tradewind.contracts.system.trading_states import ScopeKind, TradingState
from tradewind.postgres import Pool, outage_is_transient
from tradewind.trading.halts.changes import Changed, change_state
from tradewind.trading.halts.queries import QUERIES
from tradewind.trading.halts.records import KeptState, StateChange
from tradewind.trading.halts.store import read_states

_COUNTS: Final = QUERIES["count_states"]


class StateJournal:
    """Any number of processes may change states. Its methods raise DatabaseUnavailable.

    A change that may have been made is simply made again: what is there already stays as it is.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def change(
        self,
        change: StateChange,
        producer: str,
        *,
        expected_version: int | None = None,
        only_tightens: bool = False,
    ) -> Changed:
        """Put a state into force; see `change_state`. It is in force once this returns."""
        with outage_is_transient():
            async with self._pool.acquire() as connection, connection.transaction():
                return await change_state(
                    connection,
                    change,
                    producer,
                    expected_version=expected_version,
                    only_tightens=only_tightens,
                )

    async def counts(self) -> dict[tuple[ScopeKind, TradingState], int]:
        """Return how many states are in force, by what they are about."""
        with outage_is_transient():
            rows = await self._pool.fetch(_COUNTS)
        return {(ScopeKind(row[0]), TradingState(row[1])): row[2] for row in rows}

    async def states(self, *, with_past: bool = False) -> list[KeptState]:
        """Return the states in force, and the newest past ones of other scopes `with_past`."""
        with outage_is_transient():
            return await read_states(self._pool, with_past=with_past)
