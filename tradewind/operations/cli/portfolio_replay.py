"""`tradewind portfolio replay`: holds a window of accounts against the ledger, and puts it right."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Final

import click

from tradewind.errors import TradewindError
from tradewind.ledger.history.group_key import GroupKey
from tradewind.ledger.history.reader import LedgerReader
from tradewind.ledger.records import RecordedEvent
from tradewind.operations.cli.portfolio_fund import PortfolioIdType
from tradewind.operations.cli.tables import print_table
from tradewind.operations.cli.times import TIME
from tradewind.postgres import Pool, open_pool, outage_is_transient
from tradewind.readmodels.legality import legal_events
from tradewind.settings import PostgresSettings, load
from tradewind.trading.accounting.bookings import BOOKED_TOPICS, Booking, booking_of
from tradewind.trading.accounting.replay import Difference, Window, replay_window

PAGE_EVENTS: Final = 500
MAX_EVENTS: Final = 200_000
"""The most events of a portfolio that are read for one replay."""
LOCK_TIMEOUT: Final = "SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = '120s'"
BEGINNING: Final = datetime(1, 1, 1, tzinfo=UTC)
END: Final = datetime(9999, 12, 31, tzinfo=UTC)


class AccountsDiffer(TradewindError):
    """Accounts are not as the ledger says: run the command with --apply."""

    code = "ACCOUNTS_DIFFER"


class TooManyEvents(TradewindError):
    """The portfolio has more events than a replay reads."""

    code = "TOO_MANY_EVENTS"


@click.command()
@click.argument("portfolio_id", type=PortfolioIdType())
@click.option("--from", "since", type=TIME, help="Mined at or after this time.")
@click.option("--to", "until", type=TIME, help="Mined before this time.")
@click.option("--apply", "applies", is_flag=True, help="Put right what is otherwise.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document per line.")
def replay(
    portfolio_id: str,
    since: datetime | None,
    until: datetime | None,
    applies: bool,
    as_json: bool,
) -> None:
    """Make fills, entries and positions of PORTFOLIO_ID again from the ledger, and compare.

    The accounts after the window are folded again from all fills. Without --apply nothing is
    changed, and the command fails when something is otherwise.
    """
    window = Window(since or BEGINNING, until or END)
    if window.until <= window.since:
        raise click.BadParameter("is not later than --from", param_hint="--to")
    events, found = asyncio.run(_replay(portfolio_id, window, applies))
    if as_json:
        for one in found:
            click.echo(json.dumps(one._asdict()))
    elif found:
        print_table(("table", "row", "what is otherwise"), found)
    if not as_json:
        outcome = "put right" if applies else "otherwise"
        told = f"{len(found):,} rows {outcome}" if found else "every row is as the ledger says"
        click.echo(f"{events:,} events of {portfolio_id} compared: {told}")
    if found and not applies:
        raise AccountsDiffer(f"{len(found):,} rows are otherwise; --apply puts them right")


async def _replay(portfolio_id: str, window: Window, applies: bool) -> tuple[int, list[Difference]]:
    pool = await open_pool(load(PostgresSettings).postgres_dsn.get_secret_value(), max_size=2)
    try:
        with outage_is_transient():
            async with pool.acquire() as connection:
                transaction = connection.transaction()
                await transaction.start()
                try:
                    await connection.execute(LOCK_TIMEOUT)
                    bookings = await _bookings(pool, portfolio_id)
                    found = await replay_window(connection, portfolio_id, bookings, window)
                except BaseException:
                    await transaction.rollback()
                    raise
                await (transaction.commit() if applies else transaction.rollback())
                return len(bookings), found
    finally:
        await pool.close()


async def _bookings(pool: Pool, portfolio_id: str) -> list[Booking]:
    """Return what a portfolio's recorded events mean, of those that the lifecycles allow."""
    reader, after = LedgerReader(pool), 0
    bookings: list[Booking] = []
    while page := await reader.group(
        GroupKey.PORTFOLIO, BOOKED_TOPICS, portfolio_id, after, PAGE_EVENTS
    ):
        after = page[-1].global_seq
        legal = await _legal(reader, page)
        for recorded in page:
            booking = booking_of(recorded.event, recorded.global_seq)
            if booking is not None and recorded.event.event_id in legal:
                bookings.append(booking)
        if len(bookings) > MAX_EVENTS:
            raise TooManyEvents(f"{portfolio_id} has more than {MAX_EVENTS:,}")
    return bookings


async def _legal(reader: LedgerReader, page: list[RecordedEvent]) -> set[str]:
    """Return the ids of those events that count, as in settlement."""
    histories = await reader.histories({one.event.correlation_id for one in page})
    legal: set[str] = set()
    for history in histories.values():
        legal.update(legal_events([one.event for one in history]))
    return legal
