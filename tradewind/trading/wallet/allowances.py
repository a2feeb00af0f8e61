"""What spenders may take of a wallet's tokens, as the journal counts on it.

It is projected: what will be left once every signed transaction is mined. A transaction without
effect, or somebody who approves from outside, makes the projection wrong; then the chain decides.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from tradewind.trading.wallet import queries
from tradewind.trading.wallet.journal_connection import JournalConnection
from tradewind.trading.wallet.records import WalletTransaction

MAX_APPROVALS: Final = 2
"""A step may reset an allowance and set it anew. Their nonces are just before its swap's."""


class Allowance(NamedTuple):
    """A projected allowance, and the wallet's next nonce when it was read."""

    projected: int | None
    """In base units; None when it is unknown."""
    is_quiet: bool
    """Whether no open transaction changes it, so that the chain must show the same."""
    next_nonce: int


class Allowances(JournalConnection):
    """The allowances of one wallet on one chain. Every method raises JournalUnavailable."""

    async def read(self, token: str, spender: str) -> Allowance:
        """Return what a spender will be allowed."""
        async with self._connection() as connection:
            row = await connection.fetchrow(queries.ALLOWANCE_VIEW, *self._wallet, token, spender)
        if row is None:
            return Allowance(None, is_quiet=False, next_nonce=0)
        projected = None if row["projected"] is None else int(row["projected"])
        return Allowance(projected, row["is_quiet"], row["next_nonce"])

    async def correct(self, token: str, spender: str, on_chain: int, read: Allowance) -> None:
        """Believe the chain's allowance, unless a transaction signed since then changes it.

        `read` is what the journal said before the chain was asked.
        """
        async with self._transaction() as connection:
            # A claim that holds the lock may be about to change it: the next statement sees that.
            await connection.fetchrow(queries.LOCK_WALLET, *self._wallet)
            await connection.execute(
                queries.CORRECT_ALLOWANCE,
                *(*self._wallet, token, spender, on_chain, read.next_nonce),
            )

    async def forget(self, token: str, spender: str) -> None:
        """Take the allowance for unknown, so that the next swap approves anew."""
        async with self._connection() as connection:
            await connection.execute(queries.FORGET_ALLOWANCE, *self._wallet, token, spender)

    async def approvals_of(
        self, swaps: Sequence[WalletTransaction]
    ) -> dict[int, list[WalletTransaction]]:
        """Return the approvals that were signed for the steps of swaps, by the swap's nonce."""
        nonces = {swap.nonce - before for swap in swaps for before in range(1, MAX_APPROVALS + 1)}
        approvals = await self._transactions(queries.APPROVALS, sorted(nonces)) if nonces else []
        return {
            swap.nonce: [
                one
                for one in approvals
                if one.key == swap.key and 1 <= swap.nonce - one.nonce <= MAX_APPROVALS
            ]
            for swap in swaps
        }
