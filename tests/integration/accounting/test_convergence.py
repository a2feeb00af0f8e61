"""Any order, any repetition and any pages of the same fills give the same bytes."""

import asyncio
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.integration.accounting.harness import AccountsHarness
from tests.support.examples import examples
from tests.support.naive_accounts import NaivePosition, keep_accounts
from tests.support.trades import Trade, all_fills, in_ledger, trades
from tradewind.contracts.envelope import AnyEvent
from tradewind.postgres import open_pool
from tradewind.trading.accounting import refold
from tradewind.trading.accounting.accounts import Accounts

SHORT_EXAMPLES = 20


def positions_of(rows: Sequence[Any], accounts: Accounts) -> dict[tuple[str, str], NaivePosition]:
    fees = {
        (holding.base.symbol, holding.quote.symbol): (one.fee or 0, Fraction(one.fee_usd))
        for one in accounts.positions.values()
        for holding in [one.holding]
    }
    return {
        (row["base_symbol"], row["quote_symbol"]): NaivePosition(
            int(row["quantity"]),
            int(row["cost"]),
            int(row["realised"]),
            Fraction(row["realised_usd"]),
            int(row["unpriced"]),
            row["fills"],
            *fees[row["base_symbol"], row["quote_symbol"]],
        )
        for row in rows
    }


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[Trade], list[list[tuple[AnyEvent, int]]]]:
    """Make trades, and pages in which their fills come in any order, some of them again."""
    made = draw(trades())
    events = draw(st.permutations(list(all_fills(made))))
    recorded = in_ledger(list(events))
    again = draw(st.lists(st.sampled_from(recorded), max_size=6))
    delivered = draw(st.permutations([*recorded, *again]))
    pages: list[list[tuple[AnyEvent, int]]] = []
    while delivered:
        size = draw(st.integers(1, len(delivered)))
        pages.append(delivered[:size])
        delivered = delivered[size:]
    return made, pages


@pytest.fixture
def few_postings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep states, and read postings, in small steps."""
    monkeypatch.setattr(refold, "SNAPSHOT_POSTINGS", 3)
    monkeypatch.setattr(refold, "PAGE_POSTINGS", 4)


@pytest.mark.usefixtures("few_postings")
def test_accounts_equal_those_kept_by_hand_whatever_comes_when(database_dsn: str) -> None:
    with asyncio.Runner() as runner:
        pool = runner.run(open_pool(database_dsn))
        harness = AccountsHarness(pool)

        @settings(max_examples=examples(SHORT_EXAMPLES))
        @given(deliveries())
        def compare(delivery: tuple[list[Trade], list[list[tuple[AnyEvent, int]]]]) -> None:
            runner.run(_compare(harness, *delivery))

        try:
            compare()
        finally:
            runner.run(pool.close())


async def _compare(
    harness: AccountsHarness, made: list[Trade], pages: list[list[tuple[AnyEvent, int]]]
) -> None:
    await harness.clear()
    await harness.pool.execute("ALTER TABLE events DISABLE TRIGGER USER; DELETE FROM events")
    await harness.screen(made)
    for page in pages:
        await harness.book(page)
    naive = keep_accounts(made)
    accounts = await harness.accounts("fund")
    rows = await harness.pool.fetch("SELECT * FROM positions")
    assert positions_of(rows, accounts) == naive.positions
    entries: dict[str, list[int]] = {}
    for row in await harness.pool.fetch("SELECT symbol, amount FROM entries"):
        entries.setdefault(row["symbol"], []).append(int(row["amount"]))
    entries["ether"] = entries.pop("ETH", [])
    assert {name: sorted(amounts) for name, amounts in entries.items()} == naive.entries
    for balance in accounts.balances.values():
        name = "ether" if balance.token.symbol == "ETH" else balance.token.symbol
        assert balance.amount == sum(entries[name])
    content = await harness.content("fund")
    await harness.clear()
    in_order = {place: event for page in pages for event, place in page}
    await harness.book([(in_order[place], place) for place in sorted(in_order)])
    assert await harness.content("fund") == content
