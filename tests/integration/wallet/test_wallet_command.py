"""Operators read the journal, cancel and resume on the command line."""

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest
from click.testing import CliRunner, Result

from tests.integration.wallet.conftest import (
    CHAIN_ID,
    FIRST_NONCE,
    WALLET,
    approve_and_swap,
    claim,
    key,
)
from tests.settings import Settings
from tradewind.errors import TradewindError
from tradewind.operations.cli.wallet import NoSuchWallet, NothingToCancel, wallet
from tradewind.postgres import open_pool
from tradewind.trading.wallet.transaction_journal import ORCHESTRATOR_ROLE, TransactionJournal

OTHER_WALLET = "0xa0Ee7A142d267C1f36714E4a8F75612F20a79720"


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run `tradewind wallet ...` on the database of the test."""
    monkeypatch.setenv("TRADEWIND_NATS_URL", settings.nats_url)
    monkeypatch.setenv("TRADEWIND_POSTGRES_DSN", settings.postgres_dsn.get_secret_value())
    monkeypatch.setenv("TRADEWIND_REDIS_URL", settings.redis_url.get_secret_value())
    return lambda *arguments: CliRunner().invoke(wallet, arguments)


def given(settings: Settings, act: Callable[[TransactionJournal], Awaitable[object]]) -> None:
    """Do something with the journal of a registered wallet."""

    async def do() -> None:
        dsn = settings.postgres_dsn.get_secret_value()
        pool = await open_pool(dsn, max_size=1, role=ORCHESTRATOR_ROLE)
        journal = TransactionJournal(pool, CHAIN_ID, WALLET)
        await journal.register(FIRST_NONCE)
        await act(journal)
        await pool.close()

    asyncio.run(do())


async def claim_one(journal: TransactionJournal) -> None:
    await claim(journal, 1, approve_and_swap)


def error_of(result: Result) -> TradewindError:
    assert isinstance(result.exception, TradewindError)
    return result.exception


def test_status_tells_what_is_open(settings: Settings, run: Callable[..., Result]) -> None:
    given(settings, claim_one)
    document = json.loads(run("status", "--json").output)
    assert (document["address"], document["chain_id"]) == (WALLET, CHAIN_ID)
    assert (document["next_nonce"], document["halted"]) == (FIRST_NONCE + 2, False)
    assert [transaction["purpose"] for transaction in document["open"]] == ["approval", "swap"]
    text = run("status").output
    assert WALLET in text
    assert "ready" in text
    assert f"{FIRST_NONCE} signed, {FIRST_NONCE + 1} signed" in text


def test_status_says_why_the_wallet_is_halted(
    settings: Settings, run: Callable[..., Result]
) -> None:
    given(settings, lambda journal: journal.halt("a stranger has the key"))
    assert "halted: a stranger has the key" in run("status").output
    assert json.loads(run("status", "--json").output)["halted_reason"] == "a stranger has the key"


def test_slots_lists_open_ones_lowest_first(settings: Settings, run: Callable[..., Result]) -> None:
    given(settings, claim_one)
    documents = [json.loads(line) for line in run("slots", "--json").output.splitlines()]
    assert [one["nonce"] for one in documents] == [FIRST_NONCE, FIRST_NONCE + 1]
    assert {one["plan_id"] for one in documents} == {key(1).plan_id}
    assert len(run("slots", "--all", "--limit", "1", "--json").output.splitlines()) == 1
    assert key(1).plan_id[:10] in run("slots").output


def test_a_cancellation_is_requested_once(settings: Settings, run: Callable[..., Result]) -> None:
    given(settings, claim_one)
    nonce = str(FIRST_NONCE + 1)
    assert run("cancel", nonce).exit_code == 0
    (_, transaction) = [json.loads(line) for line in run("slots", "--json").output.splitlines()]
    assert transaction["cancel_requested_by"]
    assert isinstance(error_of(run("cancel", nonce)), NothingToCancel)
    assert isinstance(error_of(run("cancel", "999")), NothingToCancel)


def test_a_wallet_that_is_not_halted_needs_no_resume(
    settings: Settings, run: Callable[..., Result]
) -> None:
    given(settings, claim_one)
    assert "is not halted" in run("resume").output


def test_which_wallet_must_be_clear(settings: Settings, run: Callable[..., Result]) -> None:
    assert isinstance(error_of(run("status")), NoSuchWallet)

    async def register_other(journal: TransactionJournal) -> None:
        await TransactionJournal(journal._pool, CHAIN_ID, OTHER_WALLET).register(0)

    given(settings, register_other)
    assert WALLET in str(error_of(run("status")))
    assert OTHER_WALLET in run("status", "--address", OTHER_WALLET.lower()).output
