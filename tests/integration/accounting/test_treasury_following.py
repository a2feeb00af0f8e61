"""The treasury looks with one question whether the ledger tells of bookings, and misses none."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from actors.treasury.loop import TREASURY_ROLE
from actors.treasury.reporting import WalletResult, make_report
from tests.support.arrivals import arrive
from tests.support.histories import History
from tests.unit.treasury.test_reporting import ACCOUNT, AT, WALLET, drifting, found
from tradewind.contracts.envelope import AnyEvent, first_event
from tradewind.contracts.subjects import EventKey
from tradewind.contracts.wallets.identity import reconciliation_correlation
from tradewind.contracts.wallets.payloads import WalletReconciled
from tradewind.ledger.append.writer import Ledger
from tradewind.ledger.records import to_recorded
from tradewind.postgres import Pool, open_pool
from tradewind.trading.treasury import following
from tradewind.trading.treasury.books import Books
from tradewind.trading.treasury.following import Following

PATIENCE_SECONDS = 60
DEPOSITED = 5
"""As the only movement that a report of these tests tells of."""


@pytest.fixture
async def owner(database_dsn: str) -> AsyncIterator[Pool]:
    pool = await open_pool(database_dsn, max_size=4)
    yield pool
    await pool.close()


@pytest.fixture
async def books(database_dsn: str, owner: Pool) -> AsyncIterator[Following]:
    """Yield what follows the ledger for the books of a wallet, with the treasury's rights."""
    await owner.execute(
        "INSERT INTO wallets (chain_id, address, next_nonce) VALUES ($1, $2, 0)",
        *(WALLET.chain_id, WALLET.address),
    )
    pool = await open_pool(database_dsn, max_size=4, role=TREASURY_ROLE)
    await Books(pool).open_account(ACCOUNT, b"{}", [])
    yield Following(pool, to_recorded)
    await pool.close()


def reported(number: int) -> AnyEvent:
    """Return the report of a pass that booked a deposit of the token of this number."""
    report_id = f"01M7WD7TG0000000000000{number:04}"
    result = WalletResult(WALLET, found(drifting(number, 1, actual=DEPOSITED)))
    report = make_report([result], [], report_id, Decimal(0), AT)
    return first_event(
        WalletReconciled(report=report),
        correlation_id=reconciliation_correlation(report_id),
        key=EventKey(),
        producer="treasury",
        at=AT,
    )


async def record(owner: Pool, *events: AnyEvent) -> None:
    result = await Ledger(owner).append(arrive(events))
    assert len(result.appended) == len(events)


async def booked(owner: Pool) -> list[int]:
    """Return the numbers of the tokens of which something is booked."""
    rows = await owner.fetch("SELECT token, amount FROM wallet_bookings ORDER BY token")
    assert {row["amount"] for row in rows} <= {DEPOSITED}
    return [int(row["token"], 16) for row in rows]


async def follow_all(books: Following) -> int:
    """Follow until there is no more, and return how often there was."""
    times = 0
    while await books.follow():
        times += 1
    return times


async def is_followed_by_the_single_question(owner: Pool) -> bool:
    """Ask what is asked under the lock: how far the books are, and how far the ledger is."""
    row = await owner.fetchrow(
        "SELECT followed_seq, (SELECT last_global_seq FROM writer) AS last FROM wallet_turn"
    )
    return bool(row["followed_seq"] == row["last"])


async def test_a_ledger_that_is_followed_is_looked_at_without_a_lock(
    owner: Pool, books: Following
) -> None:
    """Given an empty ledger, and one of which all is known, then nobody is waited for."""
    for recorded in ([], [reported(1)]):
        await record(owner, *recorded)
        await follow_all(books)
        async with owner.acquire() as other, other.transaction():
            await other.execute("SELECT FROM wallet_turn FOR UPDATE")
            async with asyncio.timeout(PATIENCE_SECONDS):
                assert not await books.follow()
        assert await is_followed_by_the_single_question(owner)
    assert await booked(owner) == [1]


@pytest.mark.parametrize("page", [1, 2, 100])
async def test_whatever_is_recorded_later_is_followed_too(
    owner: Pool, books: Following, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    """Given reports between other events, after each look, then each is booked, and once."""
    monkeypatch.setattr(following, "MAX_EVENTS", page)
    expected: list[int] = []
    for number in (1, 4, 7):
        numbers = range(number, number + 3)
        await record(owner, *map(reported, numbers), *History(number).completed())
        assert not await is_followed_by_the_single_question(owner)
        await follow_all(books)
        expected += numbers
        assert await booked(owner) == expected
        assert await is_followed_by_the_single_question(owner)
        assert await follow_all(books) == 0


async def test_an_event_without_bookings_is_not_looked_at_again(
    owner: Pool, books: Following
) -> None:
    await record(owner, *History(1).completed())
    assert not await is_followed_by_the_single_question(owner)
    assert not await books.follow()
    assert await is_followed_by_the_single_question(owner)


async def test_who_waited_for_the_lock_takes_over_what_is_left(
    owner: Pool, books: Following
) -> None:
    """Given several that look at once, then each booking is made once and none is left."""
    await record(owner, *map(reported, range(1, 6)))
    await asyncio.gather(*(follow_all(books) for _ in range(4)))
    assert await booked(owner) == [1, 2, 3, 4, 5]
    assert await is_followed_by_the_single_question(owner)
