"""What spenders may take of a wallet's tokens, as the journal counts on it.

It is projected: what will be left once every signed transaction is mined. A transaction without
effect, or somebody who approves from outside, makes the projection wrong; then the chain decides.
"""

from typing import NamedTuple

from tradewind.postgres import Pool
from tradewind.trading.wallet import queries
from tradewind.trading.wallet.connections import journal_connection
from tradewind.trading.wallet.records import WalletTransaction
from tradewind.trading.wallet.rows import to_transaction


class Allowance(NamedTuple):
    """A projected allowance, and the wallet's next nonce when it was read."""

    projected: int | None
    """In base units; None when it is unknown."""
    is_quiet: bool
    """Whether no open transaction changes it, so that the chain must show the same."""
    next_nonce: int


class Allowances:
    """The allowances of one wallet on one chain. Every method raises JournalUnavailable."""

    def __init__(self, pool: Pool, chain_id: int, address: str) -> None:
        self._pool = pool
        self._wallet = (chain_id, address)

    async def read(self, token: str, spender: str) -> Allowance:
        """Return what a spender will be allowed."""
        async with journal_connection(self._pool) as connection:
            row = await connection.fetchrow(queries.ALLOWANCE_VIEW, *self._wallet, token, spender)
        if row is None:
            return Allowance(None, is_quiet=False, next_nonce=0)
        projected = None if row["projected"] is None else int(row["projected"])
        return Allowance(projected, row["is_quiet"], row["next_nonce"])

    async def correct(self, token: str, spender: str, on_chain: int, read: Allowance) -> None:
        """Believe the chain's allowance, unless a nonce was given out since the journal was read.

        `read` is what the journal said before the chain was asked.
        """
        async with journal_connection(self._pool) as connection:
            await connection.execute(
                queries.CORRECT_ALLOWANCE,
                *(*self._wallet, token, spender, on_chain, read.next_nonce),
            )

    async def forget(self, token: str, spender: str) -> None:
        """Take the allowance for unknown, so that the next swap approves anew."""
        async with journal_connection(self._pool) as connection:
            await connection.execute(queries.FORGET_ALLOWANCE, *self._wallet, token, spender)

    async def approvals_for(self, swap: WalletTransaction) -> list[WalletTransaction]:
        """Return the approvals that were signed for the step of a swap, lowest nonce first."""
        async with journal_connection(self._pool) as connection:
            rows = await connection.fetch(queries.APPROVALS, *self._wallet, *swap.key, swap.nonce)
        return [to_transaction(row) for row in rows]
