"""The desk's side of a wait: it begins one, looks for its answer, and ends it when time is over."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from tradewind.contracts.risk.approvals import ApprovalAnswer
from tradewind.ledger.held_connection import HeldConnection
from tradewind.postgres import Pool, open_pool
from tradewind.trading.signal_approvals.queries import BEGIN_WAIT, END_WAIT, SELECT_WAIT
from tradewind.trading.signal_approvals.records import SignalWait

MAX_CONNECTIONS: Final = 2
TIMEOUT_SECONDS: Final = 0.75
"""A handler may wait for the statements before its own, too, and all fit into its time limit."""


class SignalWaits:
    """The waits of the desk. Every method raises DecisionUnavailable during an outage."""

    def __init__(self, pool: Pool) -> None:
        self._connection = HeldConnection(pool, timeout_seconds=TIMEOUT_SECONDS)

    async def answer(self, wait: SignalWait, *, is_over: bool) -> ApprovalAnswer | None:
        """Return the answer to a signal, whose wait begins with the first question; None so far.

        Where its time is over nobody can answer any more once this returns.
        """
        row = (
            *(wait.signal_id, wait.portfolio_id, wait.strategy_id, wait.evaluated),
            *(wait.arithmetic, wait.required_at, wait.expires_at),
        )
        await self._connection.fetch(BEGIN_WAIT, *row)
        if is_over:
            await self._connection.fetch(END_WAIT, wait.signal_id)
        (kept,) = await self._connection.fetch(SELECT_WAIT, wait.signal_id)
        return SignalWait.of(kept).answer


@asynccontextmanager
async def opened_signal_waits(dsn: str, role: str) -> AsyncIterator[SignalWaits]:
    """Open the waits as a group role; while PostgreSQL is down, they are unavailable."""
    pool = await open_pool(dsn, max_size=MAX_CONNECTIONS, role=role, writes=True)
    try:
        yield SignalWaits(pool)
    finally:
        pool.terminate()
