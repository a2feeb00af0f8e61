"""Finds what an id or a hash is of, each by an index."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from tradewind.ledger.queries import QUERIES
from tradewind.postgres import Connection, Pool, outage_is_transient

MAX_STRATEGIES: Final = 1_000

_HAS = QUERIES["select_has_history"]
_EVENT = QUERIES["select_history_of_event"]
_PLAN = QUERIES["select_plan_correlation"]
_SIGNED = QUERIES["select_wallet_of_transaction"]
_SUBMITTED = QUERIES["select_history_of_transaction"]
_STRATEGIES = QUERIES["select_strategies"]
_STRATEGIES_OF = QUERIES["select_strategies_of"]


class Named(NamedTuple):
    """The histories that an id belongs to; None where it is no such id."""

    plan: str | None
    event: str | None


class SignedBy(NamedTuple):
    """A wallet."""

    chain_id: int
    address: str


class Transaction(NamedTuple):
    """What a transaction belongs to."""

    correlation_id: str | None
    """None for one that no step is of, such as an approval."""
    wallet: SignedBy | None
    """None on paper."""


class Lookup:
    """Looks up. It raises TransientError while PostgreSQL is unavailable."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def is_history(self, correlation_id: str) -> bool:
        """Return whether anything is recorded of a history."""
        with outage_is_transient():
            return bool(await self._pool.fetchval(_HAS, correlation_id))

    async def named(self, ulid: str) -> Named:
        """Return the histories of the plan and of the event with this id."""
        with outage_is_transient():
            async with self._pool.acquire() as connection:
                return Named(
                    await _text(connection, _PLAN, ulid), await _text(connection, _EVENT, ulid)
                )

    async def transaction(self, tx_hash: str) -> Transaction | None:
        """Return what a transaction belongs to; its hash is in lower case."""
        with outage_is_transient():
            async with self._pool.acquire() as connection:
                signed = await connection.fetchrow(_SIGNED, tx_hash)
                if signed is None:
                    submitted = await _text(connection, _SUBMITTED, tx_hash)
                    return None if submitted is None else Transaction(submitted, None)
                chain_id, address, plan_id = signed
                of_plan = await _text(connection, _PLAN, plan_id)
                return Transaction(of_plan, SignedBy(chain_id, address))

    async def strategies(self, portfolios: Sequence[str] | None = None) -> list[str]:
        """Return the strategies that have submitted an intent, sorted.

        With LIKE patterns of portfolios they are those that risk has let ask one of these.
        """
        with outage_is_transient():
            rows = await (
                self._pool.fetch(_STRATEGIES, MAX_STRATEGIES)
                if portfolios is None
                else self._pool.fetch(_STRATEGIES_OF, MAX_STRATEGIES, portfolios)
            )
        return [row["strategy_id"] for row in rows]


async def _text(connection: Connection, statement: str, argument: str) -> str | None:
    found = await connection.fetchval(statement, argument)
    return None if found is None else str(found)
