"""Reads and writes the journal of one wallet. Any number of processes may use it at once."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import orjson

from tradewind.contracts.intents.cancellation import Cancellation
from tradewind.failpoints import failpoint
from tradewind.postgres import OUTAGE, Connection, Pool
from tradewind.trading.halts.gate import Gate, Guard, Passage, hold_gate
from tradewind.trading.wallet import queries
from tradewind.trading.wallet.allowances import Allowances
from tradewind.trading.wallet.errors import (
    JournalUnavailable,
    TooManyOpenTransactions,
    UnknownWallet,
    WalletHalted,
)
from tradewind.trading.wallet.journal_connection import JournalConnection
from tradewind.trading.wallet.plan_event import PlanEvent, check_bytes
from tradewind.trading.wallet.records import (
    Attempt,
    AttemptPurpose,
    Progress,
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
from tradewind.trading.wallet.rows import to_wallet
from tradewind.trading.wallet.step_decisions import (
    decide_once,
    read_decision,
    read_decision_or_refuse,
    read_ledger_head,
)

ORCHESTRATOR_ROLE: Final = "tradewind_orchestrator"
MAX_TRANSACTIONS: Final = 256

CLAIMING: Final = "journal.claiming"
CLAIMED: Final = "journal.claimed"
ATTEMPT_ADDED: Final = "journal.generation_added"
CANCEL_REQUESTED: Final = "journal.cancel_requested"
FAILPOINTS: Final = (CLAIMING, CLAIMED, ATTEMPT_ADDED, CANCEL_REQUESTED)

type Sign = Callable[[UnsignedTransaction], SignedTransaction]
type Plan = Callable[[int | None], TransactionPlan]
"""Makes the transactions a step needs from the allowance the router will have left, if known."""


class TransactionJournal(JournalConnection):
    """The journal of one wallet on one chain. Every method raises JournalUnavailable."""

    def __init__(self, pool: Pool, chain_id: int, address: str, guard: Guard | None = None) -> None:
        super().__init__(pool, chain_id, address)
        self.allowances = Allowances.beside(self)
        self._gate = Gate(guard)

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
            return await read_decision(connection, key)

    async def refuse(
        self, key: StepKey, outcome: StepOutcome, reason: str = "", detail: str = ""
    ) -> StepDecision:
        """Decide that a step is never signed, unless it was decided before; return the decision.

        Raises TransactionLost, as `claim` does.
        """
        async with self._transaction() as connection:
            return await decide_once(connection, key, outcome, reason, detail)

    async def check_plan(self, event: PlanEvent) -> None:
        """Raise AnotherPlanRecorded when the ledger has a plan with other bytes in its place."""
        async with self._connection() as connection:
            check_bytes(event, await read_ledger_head(connection, event))

    async def check_trading(self, passage: Passage) -> None:
        """Raise TradingStopped while a trading state forbids a step; the claim asks again."""
        async with self._connection() as connection:
            await self._gate.look(connection, passage)

    async def claim(
        self,
        key: StepKey,
        event: PlanEvent,
        passage: Passage,
        token: str,
        spender: str,
        plan: Plan,
        sign: Sign,
        max_open_slots: int,
    ) -> StepDecision:
        """Decide that a step is signed: take its nonces, sign, commit. From then on it may execute.

        Returns the earlier decision when there is one, and a refusal when the ledger recorded
        something else in the plan's place. Raises PlanNotRecorded, AnotherPlanRecorded,
        WalletHalted, TradingStopped, TooManyOpenTransactions and TransactionLost, which leave the
        step undecided.
        `plan` and `sign` must do no I/O, because the wallet's row is locked while they run.
        """
        async with self._transaction() as connection:
            wallet = _known(await connection.fetchrow(queries.LOCK_WALLET, *self._wallet))
            # What comes now, a change of a state or a request to cancel, waits for the commit.
            await hold_gate(connection)
            if decided := await read_decision_or_refuse(connection, key, event):
                return decided
            if wallet.halted_reason is not None:
                raise WalletHalted(wallet.halted_reason)
            await self._gate.look(connection, passage)
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
        decision = await decide_once(
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

    async def transaction_at(self, nonce: int) -> WalletTransaction | None:
        """Return the transaction of a nonce, or None."""
        async with self._connection() as connection:
            return await self._fetch_transaction(connection, queries.AT_NONCE, nonce)

    async def progress(self, tx_hash: str) -> Progress | None:
        """Return how far the transaction with this attempt is, or None if there is none."""
        async with self._connection() as connection:
            row = await connection.fetchrow(queries.PROGRESS, *self._wallet, tx_hash)
            return None if row is None else Progress(*row)

    async def first_hash(self, nonce: int) -> str:
        """Return the hash of what was signed first for a nonce."""
        async with self._connection() as connection:
            tx_hash: str | None = await connection.fetchval(
                queries.FIRST_HASH, *self._wallet, nonce
            )
        if tx_hash is None:
            raise UnknownWallet(f"nonce {nonce}")
        return tx_hash

    async def unsent_transactions(self) -> list[WalletTransaction]:
        """Return the transactions that no node was asked to take yet, the lowest nonce first."""
        return await self._transactions(queries.UNSENT)

    async def note_broadcasts(self, answers: Sequence[tuple[str, str, bool]]) -> None:
        """Record nodes' answers: hash, text, and whether a node has the transaction."""
        await self._execute(queries.NOTE_BROADCASTS, *map(list, zip(*answers, strict=True)))

    async def halt(
        self, reason: str, *, counted: int | None = None, foreign_nonce: int | None = None
    ) -> None:
        """Give out no nonce until `resume`; only the first reason is kept.

        Who looked at the chain may say so after an operator has resumed: then it halts nothing
        that he has dealt with. `counted` is the chain's count of transactions, `foreign_nonce` the
        nonce that somebody else took.
        """
        async with self._transaction() as connection:
            # A resumption under way holds the lock: the next statement sees what it did.
            await connection.fetchrow(queries.LOCK_WALLET, *self._wallet)
            await connection.execute(queries.HALT, *self._wallet, reason, counted, foreign_nonce)

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

    async def request_intent_cancel(
        self, correlation_id: str, cancellation: Cancellation
    ) -> list[int]:
        """Ask for what is in flight of an intent to be cancelled; return the nonces.

        A claim that has the wallet's row signs first, and is found; a later one sees the request.
        """
        async with self._transaction() as connection:
            await connection.fetchrow(queries.LOCK_WALLET, *self._wallet)
            rows = await connection.fetch(
                queries.REQUEST_INTENT_CANCEL,
                *(*self._wallet, correlation_id),
                *(cancellation.cancellation_id, cancellation.requested_by),
            )
        failpoint(CANCEL_REQUESTED)
        return [row["nonce"] for row in rows]


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
