"""Settlement locks portfolios only when it stores their next versions; nothing is lost by that."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.book.harness import (
    NOTIONAL_USD,
    Desk,
    counters_are_sums,
    opened_desk,
    screened_now,
)
from tests.integration.book.test_claims import noted_queries
from tests.integration.book.test_settlement import approved
from tests.integration.ledger.harness import LedgerHarness
from tradewind.ledger.records import to_recorded
from tradewind.postgres import Connection
from tradewind.readmodels.legality import legal_rows
from tradewind.runtime.decisions import Decision
from tradewind.trading.accounting import queries as accounting
from tradewind.trading.accounting.bookings import Booking
from tradewind.trading.accounting.replay import Window, replay_window
from tradewind.trading.book import losses
from tradewind.trading.book import settlement as settling
from tradewind.trading.book.queries import QUERIES
from tradewind.trading.book.settlement import Settlement
from tradewind.trading.book.telling import Teller
from tradewind.trading.halts import queries as halts

ALL_TIME = Window(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))


@pytest.fixture
async def desk(harness: LedgerHarness) -> AsyncIterator[Desk]:
    """Return a desk beside a running coordinator."""
    async with harness.coordinator(), opened_desk(harness) as opened:
        await opened.proven()
        yield opened


async def with_a_page(harness: LedgerHarness, desk: Desk, *others: Desk) -> Settlement:
    """Have a fill and an end recorded that are not settled; return who settles them."""
    execution = await approved(harness, desk)
    await harness.drained()
    await desk.settled()
    # A coordinator that records for the first time begins a life of the database.
    for one in (desk, *others):
        await one.proven()
    await harness.publish(*execution.until_submitted(), *execution.fill(), *execution.completion())
    await harness.drained()
    teller = Teller(desk.pool, ())
    return Settlement(desk.pool, desk.fence, teller, to_recorded, legal_rows)


async def test_an_intent_is_decided_at_once_while_a_page_of_its_portfolio_is_booked(
    harness: LedgerHarness, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a decision between what settlement books and its lock, then both count."""
    decisions: list[Decision] = []
    async with opened_desk(harness) as other:
        settlement = await with_a_page(harness, desk, other)

        async def find_and_be_overtaken(*arguments: Any) -> Any:
            async with noted_queries(other) as queries:
                decisions.append(await other.judge_once(screened_now(2)))
            assert QUERIES["keep_decision"] in queries
            assert QUERIES["lock_portfolio"] not in queries
            return await losses.find_trips(*arguments)

        monkeypatch.setattr(settling, "find_trips", find_and_be_overtaken)
        assert await settlement.settle() is not None
    assert [one[0].topic for one in decisions] == ["risk.approved"]
    statuses = await desk.pool.fetch("SELECT status FROM allocations ORDER BY intent_id")
    assert [one["status"] for one in statuses] == ["used", "claimed"]
    budget = await desk.pool.fetchval("SELECT day_notional_usd FROM portfolios")
    assert budget == Decimal(2 * NOTIONAL_USD)
    assert await counters_are_sums(desk.pool)


async def test_what_is_booked_and_claimed_is_written_before_the_lock(
    harness: LedgerHarness, desk: Desk
) -> None:
    settlement = await with_a_page(harness, desk)
    async with noted_queries(desk) as queries:
        await settlement.settle()
    writes = [accounting.QUERIES["write_accounts"], QUERIES["change_allocation"]]
    locked = queries.index(QUERIES["change_portfolios"])
    assert all(queries.index(one) < locked for one in writes)
    assert QUERIES["lock_portfolios"] not in queries
    # What others wait for; a new session also asks once what types there are.
    own = {*QUERIES.values(), *accounting.QUERIES.values(), *halts.QUERIES.values(), "COMMIT;"}
    told = [QUERIES["select_told"], QUERIES["tell_portfolios"], "COMMIT;"]
    assert [one for one in queries[locked + 1 :] if one in own] == told


async def test_settlement_does_not_book_while_accounts_are_made_again(
    harness: LedgerHarness, desk: Desk
) -> None:
    settlement = await with_a_page(harness, desk)
    before = await settlement.observe()
    ends: list[int | None] = []

    async def read(_: int) -> Sequence[Booking]:
        ends.append(await settlement.settle())
        return []

    async with harness.pool.acquire() as connection:
        await replay(connection, read)
    assert ends == [None]
    assert (await settlement.observe()).settled == before.settled
    assert await settlement.settle() == before.last_global_seq


async def replay(connection: Connection, read: Any) -> None:
    async with connection.transaction():
        await replay_window(connection, "demo", read, ALL_TIME)
