"""Reads and writes the books of wallets, for the one role that keeps them.

A commit names the version it was decided on: of two processes that reconcile at once one decides
again. Every method raises DatabaseUnavailable.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, NamedTuple

from tradewind.contracts.wallets.report import DriftPart
from tradewind.errors import TransientError
from tradewind.failpoints import failpoint
from tradewind.postgres import Connection, Pool, outage_is_transient
from tradewind.queries import load_queries
from tradewind.trading.treasury.records import (
    TREASURY,
    Account,
    AllowanceRow,
    Balance,
    Counted,
    Due,
    PendingRequest,
    Token,
)
from tradewind.trading.wallet import queries as journal

_QUERIES: Final = load_queries("tradewind.trading.treasury")
_TAKE_TURN = _QUERIES["take_turn"]
_END_TURN = _QUERIES["end_turn"]
_DUE = _QUERIES["select_due"]
_STANDING = _QUERIES["select_standing"]
_DIFFERENCES = _QUERIES["select_differences"]
_ACCOUNT = _QUERIES["select_account"]
_LOCK = _QUERIES["lock_account"]
_BALANCES = _QUERIES["select_balances"]
_COUNTED = _QUERIES["select_counted"]
_REORGANISED = _QUERIES["select_reorganised"]
_ALLOWANCES = _QUERIES["select_allowances"]
_BOOKED = _QUERIES["select_booked"]
_REBASED = _QUERIES["select_rebased"]
_CAPITAL = _QUERIES["select_capital"]
_INSERT_ACCOUNT = _QUERIES["insert_account"]
_MOVE = _QUERIES["move_account"]
_SKIP = _QUERIES["skip_account"]
_PUT_BALANCES = _QUERIES["put_balances"]
_INSERT_BOOKINGS = _QUERIES["insert_bookings"]
_CLEAR_DRIFTS = _QUERIES["clear_drifts"]
_INSERT_DRIFTS = _QUERIES["insert_drifts"]
_REQUESTS = _QUERIES["select_requests"]
_FINISH = _QUERIES["finish_report"]
_INSERT_REPORT = _QUERIES["insert_report"]

COMMITTING: Final = "treasury.committing"
COMMITTED: Final = "treasury.committed"
FAILPOINTS: Final = (COMMITTING, COMMITTED)
MAX_REQUESTS: Final = 64


class BooksMoved(TransientError):
    """Another process changed the books of this wallet meanwhile. Compare it again."""

    code = "BOOKS_MOVED"


class Comparison(NamedTuple):
    """What a wallet's comparison changes in its books."""

    account: Account
    """As it stood when it was decided."""
    nonce: int
    block_number: int
    block_hash: str
    balances: Sequence[Balance]
    """The books as they are from now on, beside what the chain said."""
    bookings: Sequence[tuple[str, Token, DriftPart]]
    """What explains a difference, each under an id of its own."""
    drifts: Sequence[tuple[Token, DriftPart]]
    """What nobody answers for yet."""
    is_agreed: bool
    """Whether nothing is left to explain up to this block."""
    halt_reason: str
    """Why the wallet signs nothing more; empty where it may go on."""


class FinishedReport(NamedTuple):
    """A report to keep, with the event that tells it; `was_requested` when somebody waits."""

    report_id: str
    threshold: Any
    event_id: str
    event: bytes
    was_requested: bool


class Books:
    """The books of all wallets."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def take_turn(self, holder: str, seconds: float) -> bool:
        """Take the turn to reconcile; False while another process has it."""
        return await self._fetchval(_TAKE_TURN, holder, seconds) is not None

    async def end_turn(self, holder: str) -> None:
        """Let others have it; this pass counts."""
        with outage_is_transient():
            await self._pool.execute(_END_TURN, holder)

    async def due(self, chain_id: int) -> Due:
        """Return what tells whether a pass is due."""
        (row,) = await self._fetch(_DUE, chain_id)
        return Due(
            row["age_seconds"],
            row["incarnation"],
            row["is_requested"],
            row["is_unopened"],
            tuple(row["settled_nonces"]),
        )

    async def standings(self, chain_id: int) -> list[tuple[str, float, bool]]:
        """Return wallets with the time of their last comparison, and whether a drift is open."""
        return [tuple(row) for row in await self._fetch(_STANDING, chain_id)]

    async def differences(self, chain_id: int) -> list[tuple[str, str, float]]:
        """Return by wallet and currency what is held beyond the books, about."""
        return [tuple(row) for row in await self._fetch(_DIFFERENCES, chain_id)]

    async def account(self, chain_id: int, address: str) -> Account | None:
        """Return where a wallet's books stand, or None before it has any."""
        rows = await self._fetch(_ACCOUNT, chain_id, address)
        return Account(**rows[0]) if rows else None

    async def balances(self, account: Account) -> list[Balance]:
        """Return what the books say of every token they know."""
        rows = await self._fetch(_BALANCES, *_key(account))
        return [Balance(Token(row[0], row[1], row[2]), int(row[3]), int(row[4])) for row in rows]

    async def counted(self, account: Account, first: int, below: int) -> list[Counted]:
        """Return the wallet's transactions with these nonces, settled or not."""
        return list(map(_counted, await self._fetch(_COUNTED, *_key(account), first, below)))

    async def reorganised(self, account: Account) -> list[Counted]:
        """Return those that were mined again lately, after they had been settled."""
        return list(map(_counted, await self._fetch(_REORGANISED, *_key(account))))

    async def allowances(self, account: Account, nonce: int) -> list[AllowanceRow]:
        """Return what the journal counts on, where nothing is in flight at this count."""
        rows = await self._fetch(_ALLOWANCES, *_key(account), nonce)
        return [AllowanceRow(row[0], row[1], int(row[2])) for row in rows]

    async def booked(self, account: Account, tx_hashes: Iterable[str]) -> set[tuple[str, str]]:
        """Return by token which of these transactions are booked."""
        rows = await self._fetch(_BOOKED, *_key(account), sorted(set(tx_hashes)))
        return {(row["token"], row["tx_hash"]) for row in rows}

    async def rebased(self, account: Account) -> Mapping[str, int]:
        """Return how much of every token was booked as a rebase within a day."""
        rows = await self._fetch(_REBASED, *_key(account))
        return {row["token"]: int(row["amount"]) for row in rows}

    async def capital(self, chain: str) -> list[tuple[str, str, int]]:
        """Return by address what portfolios have of a token, with its symbol; none in between.

        While a claim is open, accounts and wallets may be of different moments.
        """
        rows = await self._fetch(_CAPITAL, chain)
        return [(row["token"], row["symbol"], int(row["capital"])) for row in rows]

    async def open_account(
        self, account: Account, opening: bytes, balances: Sequence[Balance]
    ) -> bool:
        """Begin the books of a wallet; False when another process did."""
        async with self._transaction() as connection:
            begun = await connection.fetchval(
                _INSERT_ACCOUNT,
                *(*_key(account), account.wallet_id, account.name, opening),
                *(account.checked_nonce, account.checked_block_number, account.checked_block_hash),
            )
            if begun is not None:
                await _put(connection, account, balances)
        return begun is not None

    async def requests(self) -> list[PendingRequest]:
        """Return the reconciliations that are asked for, oldest first."""
        rows = await self._fetch(_REQUESTS, MAX_REQUESTS)
        return [PendingRequest(row["report_id"], bytes(row["request"])) for row in rows]

    async def commit(
        self,
        comparisons: Sequence[Comparison],
        skipped: Mapping[tuple[int, str], str],
        reports: Sequence[FinishedReport],
    ) -> None:
        """Keep what a pass found, all or nothing; BooksMoved when books changed meanwhile.

        A wallet that is frozen here signs nothing once this has returned: signing locks its row.
        """
        async with self._transaction() as connection:
            for one in comparisons:
                await _keep(connection, one)
            for key, reason in skipped.items():
                await connection.execute(_SKIP, *key, reason)
            for report in reports:
                await _finish(connection, report)
            failpoint(COMMITTING)
        failpoint(COMMITTED)

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[Connection]:
        with outage_is_transient():
            async with self._pool.acquire() as connection, connection.transaction():
                yield connection

    async def _fetch(self, query: str, *arguments: object) -> list[Any]:
        with outage_is_transient():
            rows: list[Any] = await self._pool.fetch(query, *arguments)
            return rows

    async def _fetchval(self, query: str, *arguments: object) -> Any:
        with outage_is_transient():
            return await self._pool.fetchval(query, *arguments)


async def _keep(connection: Connection, one: Comparison) -> None:
    account = one.account
    # The journal's lock comes first, as it does wherever a wallet is resumed.
    await connection.fetchrow(journal.LOCK_WALLET, *_key(account))
    if await connection.fetchval(_LOCK, *_key(account)) != account.version:
        raise BooksMoved(account.wallet_id)
    await connection.execute(
        _MOVE,
        *(*_key(account), one.nonce, one.block_number, one.block_hash),
        one.nonce if one.is_agreed else account.agreed_nonce,
        one.block_number if one.is_agreed else account.agreed_block_number,
    )
    await _put(connection, account, one.balances)
    if one.bookings:
        columns = [
            (booking_id, token.address, part.amount, part.cause, part.tx_hash, part.evidence)
            for booking_id, token, part in one.bookings
        ]
        await connection.execute(
            _INSERT_BOOKINGS, *_key(account), *map(list, zip(*columns, strict=True)), TREASURY
        )
    await connection.execute(_CLEAR_DRIFTS, *_key(account))
    if one.drifts:
        rows = [
            (
                *(number, token.address, token.currency),
                *(part.amount, part.cause, part.tx_hash, part.evidence),
            )
            for number, (token, part) in enumerate(one.drifts)
        ]
        await connection.execute(
            _INSERT_DRIFTS, *_key(account), *map(list, zip(*rows, strict=True))
        )
    if one.halt_reason:
        await connection.execute(journal.HALT, *_key(account), one.halt_reason, None, None)


async def _put(connection: Connection, account: Account, balances: Sequence[Balance]) -> None:
    rows = [
        (one.token.address, one.token.currency, one.token.decimals, one.ledger, one.chain)
        for one in balances
    ]
    if rows:
        await connection.execute(_PUT_BALANCES, *_key(account), *map(list, zip(*rows, strict=True)))


async def _finish(connection: Connection, report: FinishedReport) -> None:
    told = (report.event_id, report.event)
    if report.was_requested:
        await connection.execute(_FINISH, report.report_id, *told)
    else:
        await connection.execute(_INSERT_REPORT, report.report_id, report.threshold, *told)


def _key(account: Account) -> tuple[int, str]:
    return account.chain_id, account.address


def _counted(row: Any) -> Counted:
    numbers = ("fee_wei", "amount_in", "amount_out")
    return Counted(
        nonce=row["nonce"],
        purpose=row["purpose"],
        state=row["state"],
        is_settled=row["is_settled"],
        tx_hash=row["mined_tx_hash"],
        block_number=row["mined_block_number"],
        **{name: None if row[name] is None else int(row[name]) for name in numbers},
        token_in=row["token_in"],
        token_out=row["token_out"],
        detail=row["detail"],
    )
