"""What the watcher of a wallet reads and writes: everything about a block in a few statements."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from tradewind.failpoints import failpoint
from tradewind.trading.wallet import queries
from tradewind.trading.wallet.journal_connection import JournalConnection
from tradewind.trading.wallet.records import Settlement, Wallet, WalletTransaction
from tradewind.trading.wallet.rows import to_wallet

MINED: Final = "journal.mined"
SETTLED: Final = "journal.settled"
FAILPOINTS: Final = (MINED, SETTLED)


class WatchedWallet(NamedTuple):
    """A wallet, and its open transactions in numbers."""

    wallet: Wallet
    open_count: int
    oldest_at: datetime | None
    lowest_nonce: int | None
    """The lowest nonce of an open transaction."""
    fill_requested_by: str | None
    """The operator who asked for missing nonces to be filled."""


class Due(NamedTuple):
    """The state of the chain that tells which open transactions may need an action."""

    next_nonce: int
    pending_nonce: int
    head_time: datetime
    confirmed_block_number: int
    is_reorg_suspected: bool
    fresh_seconds: float
    """What was signed later than this is left to the process that signed it."""


class Inclusion(NamedTuple):
    """The block that holds a transaction, and which attempt of it."""

    nonce: int
    tx_hash: str
    block_number: int
    block_hash: str


class WatchJournal(JournalConnection):
    """The journal of one wallet, as the one process that watches it uses it."""

    async def hold_watch(
        self, watcher: str, seconds: float, seen_seconds_ago: float | None = None
    ) -> bool:
        """Watch the wallet, or go on to, for some seconds; False while another process does.

        `seen_seconds_ago` tells the others when this process last looked after it.
        """
        async with self._connection() as connection:
            row = await connection.fetchrow(
                queries.HOLD_WATCH, *self._wallet, watcher, seconds, seen_seconds_ago
            )
            return row is not None

    async def release_watch(self, watcher: str) -> None:
        """Let another process watch at once."""
        await self._execute(queries.RELEASE_WATCH, watcher)

    async def unwatched_seconds(self) -> float:
        """Return how long ago some process looked after the wallet; infinity for never."""
        async with self._connection() as connection:
            seconds: float = await connection.fetchval(queries.UNWATCHED_SECONDS, *self._wallet)
            return seconds

    async def watched_wallet(self) -> WatchedWallet:
        """Return the wallet and its open transactions in numbers."""
        async with self._connection() as connection:
            row = await connection.fetchrow(queries.WATCHED, *self._wallet)
        counts = (row["open_count"], row["oldest_at"], row["lowest_nonce"])
        return WatchedWallet(to_wallet(row), *counts, row["fill_requested_by"])

    async def due_transactions(self, due: Due) -> list[WalletTransaction]:
        """Return the open transactions that may need an action, the lowest nonce first.

        They are few, however many are open: those a block may hold, those nodes may lack.
        """
        return await self._transactions(queries.DUE, *due)

    async def settled_in(self, block_hash: str) -> list[WalletTransaction]:
        """Return the settled transactions that are in a block."""
        return await self._transactions(queries.SETTLED_IN_BLOCK, block_hash)

    async def settled_blocks(self, after_number: int) -> list[tuple[int, str]]:
        """Return number and hash of the blocks above a number that hold settled transactions."""
        async with self._connection() as connection:
            rows = await connection.fetch(queries.SETTLED_BLOCKS, *self._wallet, after_number)
            return [(row[0], row[1]) for row in rows]

    async def settled_from(self, nonce: int) -> list[WalletTransaction]:
        """Return the settled transactions from a nonce on, at most MAX_TRANSACTIONS."""
        return await self._transactions(queries.SETTLED_FROM, nonce)

    async def note_mined(self, inclusions: Sequence[Inclusion]) -> None:
        """Record the blocks transactions were seen in, so that a reorg can be noticed."""
        await self._execute(queries.NOTE_MINED, *map(list, zip(*inclusions, strict=True)))
        failpoint(MINED)

    async def note_reorged(self, nonce: int, block_hash: str) -> WalletTransaction:
        """Record that a block that held the transaction left the chain; a repetition does nothing.

        A settled transaction stays settled, although the reorg went deeper than its confirmations.
        """
        async with self._transaction() as connection:
            transaction = await self._lock_transaction(connection, nonce)
            is_noted = any(reorg.block_hash == block_hash for reorg in transaction.reorgs)
            if transaction.mined_block_hash != block_hash or (
                is_noted and transaction.state.is_settled
            ):
                return transaction
            await connection.execute(
                queries.INSERT_REORG,
                *(
                    *self._wallet,
                    nonce,
                    transaction.mined_tx_hash,
                    transaction.mined_block_number,
                    block_hash,
                ),
                transaction.state.is_settled,
            )
            if not transaction.state.is_settled:
                await connection.execute(queries.UNMINE, *self._wallet, nonce)
            return await self._lock_transaction(connection, nonce)

    async def settle(self, settlements: Mapping[int, Settlement]) -> list[int]:
        """Record the final outcomes by nonce, all or none; return the nonces that got theirs.

        A transaction that has one keeps it. An outcome in a block that is known to have left the
        chain is not recorded: read again.
        """
        columns = [_columns(nonce, one) for nonce, one in settlements.items()]
        async with self._transaction() as connection:
            await connection.fetchrow(queries.LOCK_WALLET, *self._wallet)
            rows = await connection.fetch(
                queries.SETTLE, *self._wallet, *map(list, zip(*columns, strict=True))
            )
        failpoint(SETTLED)
        return [row["nonce"] for row in rows]

    async def note_foreign(self, nonce: int) -> None:
        """Record since when a foreign transaction seems to have the nonce."""
        await self._execute(queries.NOTE_FOREIGN, nonce)

    async def clear_foreign(self, nonce: int) -> None:
        """Withdraw `note_foreign`: the nonce is ours after all."""
        await self._execute(queries.CLEAR_FOREIGN, nonce)


def _columns(nonce: int, one: Settlement) -> tuple[object, ...]:
    """Return the arguments of the statement `settle`, in its order."""
    return (
        *(nonce, one.state, one.tx_hash, one.block_number, one.block_hash),
        *(one.amount_in, one.amount_out, one.gas_used, one.effective_gas_price_wei),
        *(one.reason, one.detail, one.fee_wei, one.block_time),
        *(one.transaction_index, one.log_index),
    )
