"""Gas, conflicts, repetitions and processes that die while they book."""

import asyncio
import multiprocessing
import os
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.accounting.harness import AccountsHarness
from tests.support.trades import Trade, all_fills, in_ledger
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.execution.payloads import SettledApproval
from tradewind.postgres import open_pool
from tradewind.trading.accounting import fold, refold, settle
from tradewind.trading.accounting.accounts import Accounts
from tradewind.trading.accounting.keys import TokenKey
from tradewind.trading.accounting.postings import Posting
from tradewind.trading.accounting.queries import QUERIES

DEAR: dict[str, Any] = {"base_usd": Decimal(3_000), "quote_usd": Decimal(1)}
TRADES = [
    Trade(1, minutes=1, fee_wei=10**15, **DEAR),
    Trade(2, minutes=2, parts=3, fee_wei=2 * 10**15, **DEAR),
    Trade(3, minutes=3, is_purchase=False, cost=3_300 * 10**6, fee_wei=10**14, **DEAR),
]
RECORDED = in_ledger(list(all_fills(TRADES)))


async def test_what_changed_is_told_and_a_repetition_tells_nothing(
    harness: AccountsHarness,
) -> None:
    await harness.screen(TRADES)
    changes = await harness.book(RECORDED)
    assert list(changes) == ["fund"]
    change = changes["fund"]
    last = RECORDED[-1][0]
    assert (change.as_of, change.cause.event_id) == (len(RECORDED), last.event_id)
    assert {key.base for key in change.pairs} == {TRADES[0].base.address}
    assert len(change.tokens) == 3
    before = await harness.content("fund")
    assert await harness.book(RECORDED[2:]) == {}
    assert await harness.content("fund") == before
    accounts = await harness.accounts("fund")
    assert accounts.realised_usd == 300
    assert accounts.gas_usd == Decimal("0.003") * 3_000 + Decimal("0.0001") * 3_000


async def test_the_new_postings_of_all_portfolios_are_read_in_one_round_trip(
    harness: AccountsHarness,
) -> None:
    """Given portfolios of which one is late, then only that one is read by itself."""
    names = [f"fund-{number}" for number in range(5)]
    earlier, later = (
        in_ledger(
            list(
                all_fills(
                    [
                        Trade(10 * minutes + place, minutes=minutes, portfolio_id=name)
                        for place, name in enumerate(names)
                    ]
                )
            )
        )
        for minutes in (1, 2)
    )
    late = earlier.pop()
    await harness.book(earlier)
    last = in_ledger([Trade(99, minutes=3, portfolio_id=names[-1]).fill(0, 8)])
    await harness.book(last)
    queries: list[str] = []
    async with harness.pool.acquire() as connection, connection.transaction():
        with connection.query_logger(lambda one: queries.append(one.query)):
            changes = await harness.book_in(connection, [*later, late])
    assert sorted(changes) == names
    assert queries.count(QUERIES["select_postings"]) == 2
    for name in names:
        assert (await harness.accounts(name)).postings == (3 if name == names[-1] else 2)


async def test_a_transaction_is_charged_once_whoever_tells_of_it_first(
    harness: AccountsHarness,
) -> None:
    trade = TRADES[0]
    approval = SettledApproval(
        tx_hash=f"0x{99:064x}",
        token=trade.quote.address,
        spender=trade.base.address,
        amount=1,
        succeeded=True,
        block_number=0,
        block_time=trade.time,
        fee_wei=7,
    )
    first = trade.fill(0, 8, approvals=(approval,))
    second = TRADES[1].fill(0, 8, approvals=(approval,))
    contents = []
    for order in ([first, second], [second, first]):
        await harness.clear()
        for event in order:
            await harness.book([(event, 1 if event is first else 2)])
        contents.append(await harness.content("fund"))
    assert contents[0] == contents[1]
    gas = await harness.pool.fetch("SELECT amount FROM entries WHERE kind = 'GAS' ORDER BY 1")
    assert [int(row[0]) for row in gas] == [-2 * 10**15, -(10**15), -7]


async def test_of_two_fills_with_one_key_one_stands_and_the_other_is_shown(
    harness: AccountsHarness,
) -> None:
    trade = TRADES[0]
    told, otherwise = trade.fill(0, 8), trade.fill(0, 9, amount_out=1)
    contents = []
    for order in ([(told, 1), (otherwise, 2)], [(otherwise, 2), (told, 1)]):
        for pages in ([order], [[one] for one in order]):
            await harness.clear()
            for page in pages:
                await harness.book(page)
            contents.append(await harness.content("fund"))
            row = await harness.pool.fetchrow("SELECT * FROM fill_conflicts")
            assert row["kept_event_id"] == told.event_id
            assert row["refused_event_id"] == otherwise.event_id
    assert all(one == contents[0] for one in contents)
    assert (await harness.accounts("fund")).balance(_weth(trade)) == trade.quantity


def _weth(trade: Trade) -> TokenKey:
    return TokenKey(trade.base.chain, trade.base.address)


async def test_a_late_fill_begins_at_the_last_state_before_it(
    harness: AccountsHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refold, "SNAPSHOT_POSTINGS", 10)
    trades = [Trade(number, minutes=number) for number in range(1, 100)]
    events = in_ledger(list(all_fills(trades)))
    late = events.pop(94)
    await harness.book(events)
    folded = 0

    def counting(accounts: Accounts, posting: Posting) -> Accounts:
        nonlocal folded
        folded += 1
        return fold.post(accounts, posting)

    monkeypatch.setattr(refold, "post", counting)
    await harness.book([late])
    assert folded == 9
    before = await harness.content("fund")
    await harness.clear()
    await harness.book(sorted([*events, late], key=lambda one: one[1]))
    assert await harness.content("fund") == before


@pytest.mark.parametrize("failpoint", settle.FAILPOINTS)
async def test_a_process_that_dies_while_it_books_leaves_nothing_half_done(
    harness: AccountsHarness, database_dsn: str, failpoint: str
) -> None:
    await harness.screen(TRADES)
    await harness.book(RECORDED[:1])
    before = await harness.content("fund")
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_book_and_die, args=(database_dsn, failpoint))
    process.start()
    await asyncio.to_thread(process.join, 60)
    assert process.exitcode == -9
    assert await harness.content("fund") == before
    for page in ([RECORDED[3]], RECORDED[1:], RECORDED):
        await harness.book(page)
    after = await harness.content("fund")
    await harness.clear()
    await harness.book(RECORDED)
    assert await harness.content("fund") == after


def _book_and_die(dsn: str, failpoint: str) -> None:
    """Book everything, and be killed at a point inside the transaction."""

    def kill(name: str) -> None:
        if name == failpoint:
            os.kill(os.getpid(), 9)

    setattr(settle, "failpoint", kill)  # noqa: B010  # the module only imports it

    async def run() -> None:
        pool = await open_pool(dsn)
        await AccountsHarness(pool).book(RECORDED)

    asyncio.run(run())


async def test_events_of_no_portfolio_and_of_no_account_book_nothing(
    harness: AccountsHarness,
) -> None:
    nobody: list[tuple[AnyEvent, int]] = in_ledger([Trade(1, portfolio_id="_").fill(0, 8)])
    assert await harness.book(nobody) == {}
    assert await harness.book([]) == {}
    assert await harness.count("entries") == 0
