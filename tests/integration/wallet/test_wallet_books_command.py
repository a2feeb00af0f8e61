"""Operators ask for a reconciliation, and answer for a drift, on the command line."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from threading import Thread

import pytest
from click.testing import Result

from actors.treasury.loop import TREASURY_ROLE
from actors.treasury.reconciliation import Reconciliation
from tests.integration.wallet.conftest import CHAIN_ID, FIRST_NONCE, WALLET
from tests.integration.wallet.test_wallet_command import error_of, given, run
from tests.settings import Settings
from tests.support.waiting import wait_until
from tradewind.contracts.wallets.causes import Consequence, DriftCause
from tradewind.contracts.wallets.identity import wallet_id_of
from tradewind.contracts.wallets.report import DriftPart
from tradewind.operations.cli import wallet as command
from tradewind.operations.cli import wallet_books
from tradewind.operations.cli.wallet import NoteNeeded
from tradewind.operations.cli.wallet_books import NoReportYet
from tradewind.postgres import Pool, open_pool
from tradewind.trading.treasury.books import Books, Comparison
from tradewind.trading.treasury.records import NATIVE, Account, Balance, Token
from tradewind.trading.wallet.transaction_journal import TransactionJournal

__all__ = ["run"]

HASH = "0x" + "ab" * 32
ETHER = Token(NATIVE, "ETH", 18)
LOST = DriftPart(
    cause=DriftCause.UNEXPLAINED,
    amount=-7,
    consequence=Consequence.FROZEN,
    evidence="no transaction of ours cost this",
)


def as_treasury[T](settings: Settings, act: Callable[[Pool], Awaitable[T]]) -> T:
    async def do() -> T:
        dsn = settings.postgres_dsn.get_secret_value()
        pool = await open_pool(dsn, max_size=1, role=TREASURY_ROLE)
        try:
            return await act(pool)
        finally:
            await pool.close()

    return asyncio.run(do())


async def freeze(pool: Pool) -> None:
    """Begin the wallet's books with 100 wei, of which 7 are gone."""
    wallet_id = wallet_id_of(CHAIN_ID, WALLET)
    account = Account(CHAIN_ID, WALLET, wallet_id, "name", 0, 0, 1, HASH, 0, 1)
    books = Books(pool)
    await books.open_account(account, b"{}", [Balance(ETHER, 100, 100)])
    comparison = Comparison(
        account=account,
        nonce=0,
        block_number=2,
        block_hash=HASH,
        balances=[Balance(ETHER, 100, 93)],
        bookings=[],
        drifts=[(ETHER, LOST)],
        is_agreed=False,
        halt_reason="drift: UNEXPLAINED -7",
    )
    await books.commit([comparison], {}, [])


def test_a_frozen_wallet_is_resumed_with_a_note_which_books_the_difference(
    settings: Settings, run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def counted(_: object) -> int:
        return FIRST_NONCE

    async def nothing(_: TransactionJournal) -> None: ...

    monkeypatch.setattr(command, "_mined_nonces", counted)
    given(settings, nothing)
    as_treasury(settings, freeze)
    assert "halted: drift: UNEXPLAINED -7" in run("status").output
    refused = run("resume", "--yes")
    assert isinstance(error_of(refused), NoteNeeded)
    assert "UNEXPLAINED of -7 base units of ETH" in refused.output
    resumed = run("resume", "--yes", "--note", "paid by hand")
    assert resumed.exit_code == 0, resumed.exception
    assert "ready" in run("status").output

    async def books(pool: Pool) -> tuple[int, str]:
        booked = await pool.fetchrow("SELECT amount, cause, evidence FROM wallet_bookings")
        (balance,) = await pool.fetch("SELECT ledger FROM wallet_balances")
        return int(balance["ledger"]), f"{booked['amount']} {booked['cause']} {booked['evidence']}"

    assert as_treasury(settings, books) == (93, "-7 ADJUSTMENT paid by hand")


def test_a_reconciliation_is_waited_for_and_listed(
    settings: Settings, run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def answer(pool: Pool) -> None:
        async def is_asked() -> bool:
            return bool(await Books(pool).requests())

        await wait_until(is_asked, "somebody asked")
        await Reconciliation(Books(pool), None).run([])

    treasury = Thread(target=as_treasury, args=(settings, answer))
    treasury.start()
    result = run("reconcile", "--threshold", "0.5", "--json")
    treasury.join()
    assert result.exit_code == 0, result.exception
    report = json.loads(result.output)
    assert (report["threshold"], report["total_wallets"]) == ("0.5", 0)
    assert report["id"] in run("history").output
    assert [json.loads(line) for line in run("history", "--json").output.splitlines()] == [report]
    monkeypatch.setattr(wallet_books, "PATIENCE_SECONDS", 0.0)
    assert isinstance(error_of(run("reconcile")), NoReportYet)
    for wrong in ("-1", "x", "NaN"):
        assert run("reconcile", "--threshold", wrong).exit_code == 2
