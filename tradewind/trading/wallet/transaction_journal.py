"""Reads and writes the journal of one wallet. Any number of processes may use it at once."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import orjson

from tradewind.failpoints import failpoint
from tradewind.postgres import OUTAGE, Connection, Pool
from tradewind.trading.wallet import queries
from tradewind.trading.wallet.allowances import Allowances
from tradewind.trading.wallet.connections import journal_connection
from tradewind.trading.wallet.errors import (
    JournalUnavailable,
    TooManyOpenTransactions,
    TransactionLost,
    UnknownWallet,
    WalletHalted,
)
from tradewind.trading.wallet.records import (
    Attempt,
    AttemptPurpose,
    Settlement,
    SignedTransaction,
    StepDecision,
    StepKey,
    StepOutcome,
    TransactionPlan,
    TransactionRequest,
    UnsignedTransaction,
    Wallet,
    WalletTransaction,
)
from tradewind.trading.wallet.rows import to_decision, to_transaction, to_wallet

ORCHESTRATOR_ROLE: Final = "tradewind_orchestrator"
MAX_TRANSACTIONS: Final = 256

CLAIMING: Final = "journal.claiming"
CLAIMED: Final = "journal.claimed"
ATTEMPT_ADDED: Final = "journal.generation_added"
MINED: Final = "journal.mined"
SETTLED: Final = "journal.settled"
FAILPOINTS: Final = (CLAIMING, CLAIMED, ATTEMPT_ADDED, MINED, SETTLED)

type Sign = Callable[[UnsignedTransaction], SignedTransaction]
type Plan = Callable[[int | None], TransactionPlan]
"""Makes the transactions a step needs from the allowance the router will have left, if known."""


class TransactionJournal:
    """The journal of one wallet on one chain. Every method raises JournalUnavailable."""

    def __init__(self, pool: Pool, chain_id: int, address: str) -> None:
        self._pool = pool
        self._wallet = (chain_id, address)
        self.chain_id = chain_id
        self.address = address
        self.allowances = Allowances(pool, chain_id, address)

    async def register(self, next_nonce: int, first_block_hash: str = "") -> Wallet:
        """Add the wallet to the journal; one that is already there stays unchanged."""
        async with self._connection() as connection:
            await connection.execute(queries.REGISTER, *self._wallet, next_nonce, first_block_hash)
        return await self.wallet()

    async def wallet(self) -> Wallet:
        """Return the wallet; UnknownWallet when it was never registered."""
        async with self._connection() as connection:
            return _known(await connection.fetchrow(queries.WALLET, *self._wallet))

    async def decision(self, key: StepKey) -> StepDecision | None:
        """Return the decision about a step, or None while there is none."""
        async with self._connection() as connection:
            row = await connection.fetchrow(queries.DECISION, *key)
            return None if row is None else to_decision(row)

    async def refuse(
        self, key: StepKey, outcome: StepOutcome, reason: str = "", detail: str = ""
    ) -> StepDecision:
        """Decide that a step is never signed, unless it was decided before; return the decision.

        Raises TransactionLost, as `claim` does.
        """
        async with self._transaction() as connection:
            return await _decide(connection, key, outcome, reason, detail)

    async def claim(
        self, key: StepKey, token: str, spender: str, plan: Plan, sign: Sign, max_open_slots: int
    ) -> StepDecision:
        """Decide that a step is signed: take its nonces, sign, commit. From then on it may execute.

        Returns the earlier decision when there is one. Raises WalletHalted,
        TooManyOpenTransactions and TransactionLost, which leave the step undecided. `plan` and
        `sign` must do no I/O, because the wallet's row is locked while they run.
        """
        async with self._transaction() as connection:
            wallet = _known(await connection.fetchrow(queries.LOCK_WALLET, *self._wallet))
            decided = await connection.fetchrow(queries.DECISION, *key)
            if decided is not None:
                return to_decision(decided)
            if wallet.halted_reason is not None:
                raise WalletHalted(wallet.halted_reason)
            projected = await connection.fetchval(queries.ALLOWANCE, *self._wallet, token, spender)
            transactions = plan(None if projected is None else int(projected))
            open_count: int = await connection.fetchval(queries.COUNT_OPEN, *self._wallet)
            if open_count + len(transactions.requests) > max_open_slots:
                raise TooManyOpenTransactions(f"{open_count} of {max_open_slots} are open")
            decision = await self._sign_all(connection, wallet.next_nonce, key, transactions, sign)
            if decision.outcome is StepOutcome.SIGNED:
                await connection.execute(
                    queries.UPSERT_ALLOWANCE,
                    *self._wallet,
                    token,
                    spender,
                    transactions.allowance_after,
                )
            failpoint(CLAIMING)
        failpoint(CLAIMED)
        return decision

    async def _sign_all(
        self,
        connection: Connection,
        first_nonce: int,
        key: StepKey,
        transactions: TransactionPlan,
        sign: Sign,
    ) -> StepDecision:
        swap_nonce = first_nonce + len(transactions.requests) - 1
        decision = await _decide(
            connection, key, StepOutcome.SIGNED, "", "", *self._wallet, swap_nonce
        )
        if decision.outcome is not StepOutcome.SIGNED:
            return decision  # another process refused the step between the read and the insert
        for nonce, request in enumerate(transactions.requests, first_nonce):
            await connection.execute(
                queries.INSERT_TRANSACTION,
                *(*self._wallet, nonce, request.purpose, *key, request.target, request.data),
                request.deadline,
                orjson.dumps(request.description).decode(),
            )
            unsigned = self._unsigned(nonce, request)
            await self._record(connection, 0, AttemptPurpose.ORIGINAL, unsigned, sign(unsigned))
        await connection.execute(queries.ADVANCE_NONCE, *self._wallet, swap_nonce + 1)
        return decision

    def _unsigned(self, nonce: int, request: TransactionRequest) -> UnsignedTransaction:
        return UnsignedTransaction(
            self.chain_id, nonce, request.target, request.data, request.gas_limit, request.fees
        )

    async def _record(
        self,
        connection: Connection,
        number: int,
        purpose: AttemptPurpose,
        unsigned: UnsignedTransaction,
        signed: SignedTransaction,
    ) -> None:
        await connection.execute(
            queries.INSERT_ATTEMPT,
            *(*self._wallet, unsigned.nonce, number, purpose, signed.tx_hash, signed.raw),
            unsigned.gas_limit,
            unsigned.fees.max_fee_per_gas_wei,
            unsigned.fees.max_priority_fee_per_gas_wei,
        )

    async def add_attempt(
        self,
        transaction: WalletTransaction,
        purpose: AttemptPurpose,
        request: TransactionRequest,
        sign: Sign,
    ) -> Attempt | None:
        """Sign the transaction once more; None when it changed since it was read: read it again."""
        unsigned = self._unsigned(transaction.nonce, request)
        async with self._transaction() as connection:
            current = await self._lock_transaction(connection, transaction.nonce)
            if current.state.is_settled or current.latest.number != transaction.latest.number:
                return None
            await self._record(
                connection, transaction.latest.number + 1, purpose, unsigned, sign(unsigned)
            )
        failpoint(ATTEMPT_ADDED)
        added = await self.transaction_at(transaction.nonce)
        return None if added is None else added.latest

    async def open_transactions(self, limit: int = MAX_TRANSACTIONS) -> list[WalletTransaction]:
        """Return the transactions without an outcome, lowest nonce first."""
        return await self._transactions(queries.OPEN, limit)

    async def latest_transactions(self, limit: int = MAX_TRANSACTIONS) -> list[WalletTransaction]:
        """Return the transactions with the highest nonces, highest first."""
        return await self._transactions(queries.LATEST, limit)

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

    async def transaction_at(self, nonce: int) -> WalletTransaction | None:
        """Return the transaction of a nonce, or None."""
        async with self._connection() as connection:
            return await self._fetch_transaction(connection, queries.AT_NONCE, nonce)

    async def transaction_of(self, tx_hash: str) -> WalletTransaction | None:
        """Return the transaction that has an attempt with this hash, or None."""
        async with self._connection() as connection:
            return await self._fetch_transaction(connection, queries.OF_HASH, tx_hash)

    async def note_broadcast(self, tx_hash: str, answer: str, *, is_known: bool) -> None:
        """Record a node's answer; `is_known` says that a node has the transaction."""
        async with self._connection() as connection:
            await connection.execute(
                queries.NOTE_BROADCAST, *self._wallet, tx_hash, answer, is_known
            )

    async def note_mined(
        self, nonce: int, tx_hash: str, block_number: int, block_hash: str
    ) -> None:
        """Record the block a transaction was seen in, so that a reorg can be noticed."""
        async with self._connection() as connection:
            await connection.execute(
                queries.NOTE_MINED, *self._wallet, nonce, tx_hash, block_number, block_hash
            )
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

    async def settle(self, nonce: int, settlement: Settlement) -> WalletTransaction:
        """Record the final outcome of a transaction, unless it has one; return the transaction.

        An outcome in a block that is known to have left the chain is not recorded: read again.
        """
        async with self._transaction() as connection:
            transaction = await self._lock_transaction(connection, nonce)
            if any(reorg.block_hash == settlement.block_hash for reorg in transaction.reorgs):
                return transaction
            await connection.execute(
                queries.SETTLE,
                *(*self._wallet, nonce, settlement.state, settlement.tx_hash),
                *(settlement.block_number, settlement.block_hash),
                *(settlement.amount_in, settlement.amount_out, settlement.gas_used),
                *(settlement.effective_gas_price_wei, settlement.reason, settlement.detail),
                *(settlement.fee_wei, settlement.block_time),
                *(settlement.transaction_index, settlement.log_index),
            )
            transaction = await self._lock_transaction(connection, nonce)
        failpoint(SETTLED)
        return transaction

    async def note_foreign(self, nonce: int) -> None:
        """Record since when a foreign transaction seems to have the nonce."""
        await self._execute(queries.NOTE_FOREIGN, nonce)

    async def clear_foreign(self, nonce: int) -> None:
        """Withdraw `note_foreign`: the nonce is ours after all."""
        await self._execute(queries.CLEAR_FOREIGN, nonce)

    async def halt(self, reason: str) -> None:
        """Give out no nonce until `resume`; only the first reason is kept."""
        await self._execute(queries.HALT, reason)

    async def resume(self, next_nonce: int = 0) -> Wallet:
        """Give out nonces again, from `next_nonce` on where that is higher.

        This acknowledges the transactions whose nonce seems taken by a foreign one, so that their
        steps may fail.
        """
        async with self._transaction() as connection:
            await connection.execute(queries.ACKNOWLEDGE_FOREIGN, *self._wallet)
            await connection.execute(queries.RESUME, *self._wallet, next_nonce)
        return await self.wallet()

    async def request_cancel(self, nonce: int, requested_by: str) -> bool:
        """Ask for a cancellation; False when settled, requested before or unknown."""
        async with self._connection() as connection:
            row = await connection.fetchrow(
                queries.REQUEST_CANCEL, *self._wallet, nonce, requested_by
            )
            return row is not None

    async def try_claim_check(self, interval_ms: int) -> bool:
        """Return whether it is this caller's turn to check the wallet's open transactions.

        Over all processes one caller per interval gets True; no lock is held afterwards.
        """
        async with self._connection() as connection:
            return (
                await connection.fetchrow(queries.CLAIM_CHECK, *self._wallet, float(interval_ms))
                is not None
            )

    async def _transactions(self, query: str, argument: object) -> list[WalletTransaction]:
        async with self._connection() as connection:
            rows = await connection.fetch(query, *self._wallet, argument)
            return [to_transaction(row) for row in rows]

    async def _fetch_transaction(
        self, connection: Connection, query: str, argument: object
    ) -> WalletTransaction | None:
        row = await connection.fetchrow(query, *self._wallet, argument)
        return None if row is None else to_transaction(row)

    async def _lock_transaction(self, connection: Connection, nonce: int) -> WalletTransaction:
        """Return a transaction that no other process can change until the commit."""
        await connection.fetchrow(queries.LOCK_WALLET, *self._wallet)
        transaction = await self._fetch_transaction(connection, queries.AT_NONCE, nonce)
        if transaction is None:
            raise UnknownWallet(f"nonce {nonce}")
        return transaction

    async def _execute(self, query: str, *arguments: object) -> None:
        async with self._connection() as connection:
            await connection.execute(query, *self._wallet, *arguments)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        async with journal_connection(self._pool) as connection:
            yield connection

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[Connection]:
        async with self._connection() as connection, connection.transaction():
            yield connection


async def registered_wallets(pool: Pool) -> list[Wallet]:
    """Return every wallet the journal knows; JournalUnavailable while PostgreSQL is away."""
    try:
        return [to_wallet(row) for row in await pool.fetch(queries.WALLETS)]
    except OUTAGE as error:
        raise JournalUnavailable(f"{type(error).__name__}: {error}") from error


def _known(row: Any) -> Wallet:
    if row is None:
        raise UnknownWallet("it was never registered")
    return to_wallet(row)


async def _decide(
    connection: Connection,
    key: StepKey,
    outcome: StepOutcome,
    reason: str,
    detail: str,
    chain_id: int | None = None,
    address: str | None = None,
    nonce: int | None = None,
) -> StepDecision:
    arguments: Sequence[object] = (*key, outcome, reason, detail, chain_id, address, nonce)
    row = await connection.fetchrow(queries.INSERT_STEP, *arguments)
    if row is None:
        return to_decision(await connection.fetchrow(queries.DECISION, *key))
    signature = await connection.fetchrow(queries.SIGNATURE, *key)
    if signature is not None:
        raise TransactionLost(f"nonce {signature['nonce']}, transaction {signature['tx_hash']}")
    return to_decision(row)
