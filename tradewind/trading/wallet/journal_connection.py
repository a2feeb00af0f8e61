"""The database connection of one wallet's journal, shared by all that read and write it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self

from tradewind.postgres import OUTAGE, Connection, Pool
from tradewind.trading.wallet import queries
from tradewind.trading.wallet.errors import JournalUnavailable, UnknownWallet
from tradewind.trading.wallet.records import (
    AttemptPurpose,
    SignedTransaction,
    TransactionRequest,
    UnsignedTransaction,
    WalletTransaction,
)
from tradewind.trading.wallet.rows import to_transaction


class JournalConnection:
    """The rows of one wallet on one chain. Every method raises JournalUnavailable."""

    def __init__(self, pool: Pool, chain_id: int, address: str) -> None:
        self._pool = pool
        self._wallet = (chain_id, address)
        self.chain_id = chain_id
        self.address = address

    @classmethod
    def beside(cls, other: "JournalConnection") -> Self:
        """Return one for the same wallet, with the same connections."""
        return cls(other._pool, other.chain_id, other.address)

    async def _transactions(self, query: str, *arguments: object) -> list[WalletTransaction]:
        async with self._connection() as connection:
            rows = await connection.fetch(query, *self._wallet, *arguments)
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

    async def _execute(self, query: str, *arguments: object) -> None:
        async with self._connection() as connection:
            await connection.execute(query, *self._wallet, *arguments)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        try:
            async with self._pool.acquire() as connection:
                yield connection
        except OUTAGE as error:
            raise JournalUnavailable(f"{type(error).__name__}: {error}") from error

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[Connection]:
        async with self._connection() as connection, connection.transaction():
            yield connection
