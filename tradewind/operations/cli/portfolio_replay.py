"""`tradewind portfolio replay`: compares a window of accounts with the ledger, puts it right."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Final

import click

from tradewind.contracts.portfolio.payloads import PortfolioFunded
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
READING_SECONDS: Final = 120
TIMEOUTS: Final = "SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = '120s'"
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
    """Return how many events were read, and what is otherwise."""
    dsn = load(PostgresSettings).postgres_dsn.get_secret_value()
    # The portfolio stays locked, and this session silent, while the ledger is read in another.
    pool = await open_pool(dsn, max_size=2, idle_in_transaction_seconds=READING_SECONDS)
    reading = _Reading(pool, portfolio_id)
    try:
        with outage_is_transient():
            async with pool.acquire() as connection:
                transaction = connection.transaction()
                await transaction.start()
                try:
                    await connection.execute(TIMEOUTS)
                    found = await replay_window(connection, portfolio_id, reading.read, window)
                except BaseException:
                    await transaction.rollback()
                    raise
                await (transaction.commit() if applies else transaction.rollback())
                return reading.events, found
    finally:
        await pool.close()


class _Reading:
    """Reads what a portfolio's recorded events mean, of those that the lifecycles allow."""

    def __init__(self, pool: Pool, portfolio_id: str) -> None:
        self._reader = LedgerReader(pool)
        self._portfolio_id = portfolio_id
        self.events = 0

    async def read(self, settled: int) -> list[Booking]:
        """Return it for the events up to the global_seq to which the ledger is settled."""
        bookings: list[Booking] = []
        after = 0
        while page := await self._page(after):
            after = page[-1].global_seq
            allowed = await self._allowed([one for one in page if one.global_seq <= settled])
            self.events += len(allowed)
            found = (booking_of(one.event, one.global_seq) for one in allowed)
            bookings += (one for one in found if one is not None)
            if self.events > MAX_EVENTS:
                raise TooManyEvents(f"{self._portfolio_id} has more than {MAX_EVENTS:,}")
        return bookings

    async def _page(self, after: int) -> list[RecordedEvent]:
        return await self._reader.group(
            GroupKey.PORTFOLIO, BOOKED_TOPICS, self._portfolio_id, after, PAGE_EVENTS
        )

    async def _allowed(self, page: list[RecordedEvent]) -> list[RecordedEvent]:
        """Return what counts, as settlement does; only intents have a lifecycle."""
        names = {one.event.correlation_id for one in page if not _is_capital(one)}
        legal: set[str] = set()
        for history in (await self._reader.histories(names)).values():
            legal.update(legal_events([one.event for one in history]))
        return [one for one in page if _is_capital(one) or one.event.event_id in legal]


def _is_capital(recorded: RecordedEvent) -> bool:
    return recorded.event.topic == PortfolioFunded.topic
