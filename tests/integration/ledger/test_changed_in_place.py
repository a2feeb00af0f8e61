"""What is changed with every event stays on its page: no index has what changes."""

from datetime import UTC, datetime

from tests.support.arrivals import arrive
from tests.support.histories import History
from tradewind.ledger.append.inserts import WriterRow, insert_events
from tradewind.ledger.queries import QUERIES
from tradewind.postgres import Connection, Pool
from tradewind.trading.book.queries import QUERIES as BOOK

CHANGED = """
SELECT pg_stat_get_xact_tuples_updated(oid), pg_stat_get_xact_tuples_hot_updated(oid)
FROM pg_class WHERE oid = $1::regclass
"""


async def changed_in_place(connection: Connection, table: str) -> tuple[int, int]:
    """Return how many rows this transaction changed, and how many of them on their page."""
    row = await connection.fetchrow(CHANGED, table)
    return row[0], row[1]


async def test_the_head_of_an_open_history(pool: Pool) -> None:
    """Given a history event by event, then its head is indexed at its begin and its end only."""
    async with pool.acquire() as connection, connection.transaction():
        row = WriterRow.of(await connection.fetchrow(QUERIES["lock_writer"]))
        history = arrive(History().completed())
        for one in history:
            position = await insert_events(connection, row, [one], row.stream, commits=1)
            assert position is not None
            row = row._replace(position=position)
        changed, in_place = await changed_in_place(connection, "correlation_head")
    assert (changed, in_place) == (len(history) - 1, len(history) - 2)


async def test_a_portfolio_that_changes_and_is_told_of(pool: Pool) -> None:
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(BOOK["add_portfolios"], ["fund"])
        for place in (5, 9):
            await connection.fetch(
                BOOK["change_portfolios"], ["fund"], [datetime.now(UTC).date()], [1], place
            )
            told = ["fund"], [1], [place], [datetime.now(UTC)], [place]
            await connection.fetch(BOOK["tell_portfolios"], *[[]] * 7, *told)
        assert await changed_in_place(connection, "portfolios") == (4, 4)
