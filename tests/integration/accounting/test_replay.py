"""Accounts that were damaged are found and made again from the ledger, and capital is given."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import asyncpg
import pytest
from click.testing import CliRunner, Result

from tests.integration.accounting.harness import AccountsHarness
from tests.support.arrivals import arrive
from tests.support.histories import ONE_USDC, START, History
from tests.support.trades import FIRST_DAY, Trade, all_fills, in_ledger
from tradewind.contracts.envelope import AnyEvent, parse_event
from tradewind.contracts.portfolio.payloads import PortfolioFunded
from tradewind.ledger.append.writer import Ledger
from tradewind.operations.cli import command_line
from tradewind.trading.accounting.bookings import Booking, booking_of
from tradewind.trading.accounting.funding import ReferenceUsed
from tradewind.trading.accounting.keys import token_key
from tradewind.trading.accounting.replay import Difference, Window, replay_window

PRICED: dict[str, Any] = {"base_usd": Decimal(3_000), "quote_usd": Decimal(1)}
TRADES = [
    Trade(number, pair=number % 3, minutes=number, fee_wei=number, **PRICED)
    for number in range(1, 10)
]
RECORDED = in_ledger(list(all_fills(TRADES)))
ALL = Window(FIRST_DAY, FIRST_DAY + timedelta(days=1))

BEGUN = "INSERT INTO portfolios (portfolio_id) VALUES ('fund') RETURNING version"
VERSION = "SELECT version FROM portfolios WHERE portfolio_id = 'fund'"

DAMAGE = {
    "a fill with another amount": "UPDATE fills SET quantity = quantity + 1 WHERE place = $1",
    "a fill at another time": "UPDATE fills SET block_time = '2001-01-01Z' WHERE place = $1",
    "no fill": "DELETE FROM fills WHERE place = $1",
    "no entries": "DELETE FROM entries WHERE place >= $1",
    "another fee": "UPDATE entries SET amount = -5 WHERE kind = 'GAS' AND place > $1",
    "a fill nobody told": "INSERT INTO fills SELECT (jsonb_populate_record(f, "
    """'{"plan_id": "nobody", "event_id": "nobody"}')).* FROM fills AS f WHERE place = $1""",
}


async def replay(
    harness: AccountsHarness, window: Window = ALL, *, applies: bool
) -> list[Difference]:
    async def read(settled: int) -> Sequence[Booking]:
        assert settled == 0
        found = [booking_of(*one) for one in RECORDED]
        return [one for one in found if one is not None]

    async with harness.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        found = await replay_window(connection, "fund", read, window)
        await (transaction.commit() if applies else transaction.rollback())
        return found


@pytest.mark.parametrize("damage", DAMAGE)
async def test_what_was_damaged_is_shown_and_put_right(
    harness: AccountsHarness, damage: str
) -> None:
    await harness.screen(TRADES)
    await harness.book(RECORDED)
    whole = await harness.content("fund")
    assert await replay(harness, applies=False) == []
    place = await harness.pool.fetchval("SELECT place FROM fills ORDER BY place OFFSET 4 LIMIT 1")
    await harness.pool.execute(DAMAGE[damage], place)
    damaged = await harness.content("fund")
    shown = await replay(harness, applies=False)
    assert shown
    assert await harness.content("fund") == damaged != whole
    version = await harness.pool.fetchval(BEGUN)
    assert await replay(harness, applies=True) == shown
    assert await harness.content("fund") == whole
    assert await harness.pool.fetchval(VERSION) > version, "a claim goes on without looking again"
    assert await replay(harness, applies=False) == []


async def test_accounts_that_do_not_follow_from_their_fills_are_shown(
    harness: AccountsHarness,
) -> None:
    await harness.screen(TRADES)
    await harness.book(RECORDED)
    whole = await harness.content("fund")
    await harness.pool.execute("DELETE FROM accounts; UPDATE positions SET cost = 1")
    shown = await replay(harness, applies=True)
    assert {one.table for one in shown} == {"accounts", "positions"}
    assert await harness.content("fund") == whole


async def test_what_lies_outside_the_window_is_left_alone(harness: AccountsHarness) -> None:
    await harness.screen(TRADES)
    await harness.book(RECORDED)
    await harness.pool.execute("DELETE FROM entries")
    half = Window(FIRST_DAY, FIRST_DAY + timedelta(minutes=5))
    await replay(harness, half, applies=True)
    assert await harness.count("entries") == 3 * 4


def command(dsn: str, monkeypatch: pytest.MonkeyPatch, *words: str) -> Result:
    monkeypatch.setenv("TRADEWIND_POSTGRES_DSN", dsn)
    return CliRunner().invoke(command_line, ["portfolio", *words])


async def settle(pool: asyncpg.Pool, events: Sequence[AnyEvent]) -> None:
    """Record events and book them, as the coordinator and the portfolio role do."""
    result = await Ledger(pool).append(arrive(events))
    await pool.execute(
        "INSERT INTO portfolios (portfolio_id) VALUES ('demo') ON CONFLICT DO NOTHING"
    )
    await pool.execute("UPDATE book_cursor SET global_seq = $1", result.position.last_global_seq)
    await AccountsHarness(pool).book([(one.event, one.global_seq) for one in result.appended])


def funding(dsn: str, monkeypatch: pytest.MonkeyPatch, *more: str) -> Result:
    return command(dsn, monkeypatch, "fund", "demo", "--token", "USDC", *more)


async def kept_events(pool: asyncpg.Pool) -> list[AnyEvent]:
    return [parse_event(bytes(row[0])) for row in await pool.fetch("SELECT body FROM ingress")]


async def test_capital_is_given_once_for_each_reference(
    harness: AccountsHarness, database_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = ("--amount", "5000.5", "--reference", "wire 7")
    first = await asyncio.to_thread(funding, database_dsn, monkeypatch, *given)
    again = await asyncio.to_thread(funding, database_dsn, monkeypatch, *given)
    assert (first.exit_code, again.exit_code) == (0, 0), first.output + again.output
    assert again.output == first.output.replace("demo:", "demo before:")
    await settle(harness.pool, await kept_events(harness.pool))
    back = await asyncio.to_thread(
        funding, database_dsn, monkeypatch, "--amount", "1000", "--withdraw"
    )
    assert back.exit_code == 0, back.output
    events = await kept_events(harness.pool)
    assert [one.topic for one in events] == [PortfolioFunded.topic] * 2
    await settle(harness.pool, events)
    accounts = await harness.accounts("demo")
    history = History()
    assert accounts.is_funded
    assert accounts.balance(token_key(history.intent.quote)) == 4_000 * ONE_USDC + 500_000
    assert accounts.peak_equity_usd == Decimal("4000.5")


@pytest.mark.parametrize(
    "other",
    [
        ("--amount", "5001"),
        ("--amount", "5000", "--withdraw"),
        ("--amount", "5000", "--token", "DAI"),
    ],
    ids=["amount", "direction", "token"],
)
@pytest.mark.parametrize("forgotten", [False, True], ids=["kept", "recorded and forgotten"])
async def test_a_reference_names_one_payment(
    harness: AccountsHarness,
    database_dsn: str,
    monkeypatch: pytest.MonkeyPatch,
    other: tuple[str, ...],
    forgotten: bool,
) -> None:
    same = ("--amount", "5000", "--reference", "wire 7")
    await asyncio.to_thread(funding, database_dsn, monkeypatch, *same)
    if forgotten:
        await settle(harness.pool, await kept_events(harness.pool))
        await harness.pool.execute("DELETE FROM ingress")
    words = (*other, "--reference", "wire 7")
    refused = await asyncio.to_thread(funding, database_dsn, monkeypatch, *words)
    assert isinstance(refused.exception, ReferenceUsed)
    assert str(refused.exception) == "the reference is that of 5000 USDC at 1 USD, given before"
    again = await asyncio.to_thread(funding, database_dsn, monkeypatch, *same)
    assert again.output.startswith("5000 USDC given to demo before: ")
    assert await harness.count("ingress") == (0 if forgotten else 1)


@pytest.mark.parametrize(
    "words",
    [
        ["--amount", "0"],
        ["--amount", "-1"],
        ["--amount", "NaN"],
        ["--amount", "1e999999"],
        ["--amount", "0.0000001"],
        ["--amount", "1", "--price-usd", "0"],
        ["--amount", "1", "--price-usd", "0.99"],
        ["--amount", "1", "--note", "x" * 501],
        ["--amount", "1", "--token", "NOPE"],
        [],
    ],
)
async def test_what_is_no_capital_is_refused_and_nothing_is_kept(
    harness: AccountsHarness,
    database_dsn: str,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
) -> None:
    result = await asyncio.to_thread(funding, database_dsn, monkeypatch, *words)
    assert result.exit_code == 2, result.output
    assert "Traceback" not in result.output
    assert await harness.count("ingress") == 0


async def test_the_command_reads_the_ledger(
    harness: AccountsHarness, database_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await settle(harness.pool, [one for n in (1, 2) for one in History(n).completed(fills=2)])
    whole = await harness.content("demo")

    async def run(*words: str) -> Result:
        return await asyncio.to_thread(command, database_dsn, monkeypatch, "replay", "demo", *words)

    fine = await run()
    assert fine.exit_code == 0, fine.output
    assert "every row is as the ledger says" in fine.output
    await harness.pool.execute("DELETE FROM fills")
    looked = await run("--from", f"{START:%Y-%m-%dT%H:%M:%SZ}")
    assert looked.exit_code == 1
    assert await harness.count("fills") == 0
    applied = await run("--apply", "--json")
    assert applied.exit_code == 0, applied.output
    assert '"table": "fills"' in applied.output
    assert await harness.content("demo") == whole
    wrong = await run("--from", "2026-01-02", "--to", "2026-01-01")
    assert wrong.exit_code == 2
