"""Nonces the chain waits for that the journal never gave out: everything above them is stuck."""

from collections.abc import Callable, Sequence
from typing import Final

from tradewind.trading.wallet import queries
from tradewind.trading.wallet.journal_connection import JournalConnection
from tradewind.trading.wallet.records import (
    AttemptPurpose,
    SignedTransaction,
    StepKey,
    TransactionRequest,
    UnsignedTransaction,
)

GAP: Final = "nonce gap: "
"""How the reason of a halt begins that ends once the gap is filled."""
NO_STEP: Final = StepKey("", 0)


class NonceGaps(JournalConnection):
    """Finds and closes the gaps below the nonces of one wallet."""

    async def missing(self, first: int, below: int) -> list[int]:
        """Return the nonces from `first` on, below `below`, that no transaction has."""
        async with self._connection() as connection:
            rows = await connection.fetch(queries.MISSING_NONCES, *self._wallet, first, below)
            return [row["nonce"] for row in rows]

    async def restart(self, next_nonce: int) -> bool:
        """Give out nonces from a lower one on; False once any was given out."""
        async with self._transaction() as connection:
            await connection.fetchrow(queries.LOCK_WALLET, *self._wallet)
            row = await connection.fetchrow(queries.RESTART_NONCES, *self._wallet, next_nonce)
            return row is not None

    async def request_fill(self, requested_by: str) -> None:
        """Ask the watcher to fill the missing nonces with transfers of nothing."""
        await self._execute(queries.REQUEST_FILL, requested_by)

    async def withdraw(self) -> None:
        """End a request where nothing is missing any more, and the halt for it."""
        await self._execute(queries.END_FILL, GAP)

    async def fill(
        self,
        nonces: Sequence[int],
        request: TransactionRequest,
        sign: Callable[[UnsignedTransaction], SignedTransaction],
    ) -> list[int]:
        """Sign a filler for each nonce that is still missing, end the request and the halt.

        Returns the nonces that were filled.
        """
        async with self._transaction() as connection:
            await connection.fetchrow(queries.LOCK_WALLET, *self._wallet)
            rows = await connection.fetch(
                queries.MISSING_NONCES, *self._wallet, min(nonces), max(nonces) + 1
            )
            missing = [row["nonce"] for row in rows if row["nonce"] in set(nonces)]
            for nonce in missing:
                await connection.execute(
                    queries.INSERT_TRANSACTION,
                    *(*self._wallet, nonce, request.purpose, *NO_STEP, request.target),
                    *(request.data, request.deadline, "{}"),
                )
                unsigned = self._unsigned(nonce, request)
                await self._record(connection, 0, AttemptPurpose.ORIGINAL, unsigned, sign(unsigned))
            await connection.execute(queries.END_FILL, *self._wallet, GAP)
            return missing
