"""What the tests of this folder share: pages that are booked, and everything that came of them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from tests.support.factories import CHAIN, REGISTRY
from tests.support.trades import SCREENED_SEQUENCE, Trade
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.ids import derive_event_id
from tradewind.ledger.records import RecordedEvent
from tradewind.postgres import Connection, Pool
from tradewind.trading.accounting.accounts import Accounts
from tradewind.trading.accounting.keys import native_token
from tradewind.trading.accounting.settle import Change, book_events
from tradewind.trading.accounting.snapshot import to_json
from tradewind.trading.accounting.store import read_accounts

RECORDED_AT: Final = datetime(2026, 11, 28, tzinfo=UTC)
TOKENS: Final = {one.address: one.asset for one in REGISTRY.tokens} | {None: native_token(CHAIN)}
LEDGER_OF_RISK: Final = 1_000_000
"""The risk events are given places from here on, apart from those of fills."""

_INSERT_RISK: Final = """
INSERT INTO events (time, event_id, topic, correlation_id, causation_id, payload, version, sequence,
    instrument, portfolio, producer, global_seq)
VALUES ($1, $2, $3, $4, $4, $5, 1, $6, '_', '_', 'risk', $7)
"""


class AccountsHarness:
    """Tables of accounts, and the ledger's risk events."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self._risk_events = 0

    async def screen(self, trades: Iterable[Trade]) -> None:
        """Record what risk said of these intents."""
        rows = []
        for trade in trades:
            topic, payload = trade.screening()
            event_id = derive_event_id(trade.correlation_id, SCREENED_SEQUENCE, topic)
            self._risk_events += 1
            place = LEDGER_OF_RISK + self._risk_events
            rows.append(
                (
                    *(trade.time, event_id, topic, trade.correlation_id),
                    *(orjson.dumps(payload).decode(), SCREENED_SEQUENCE, place),
                )
            )
        await self.pool.executemany(_INSERT_RISK, rows)

    async def book(self, page: Sequence[tuple[AnyEvent, int]]) -> Mapping[str, Change]:
        """Book a page in a transaction of its own."""
        async with self.pool.acquire() as connection, connection.transaction():
            return await self.book_in(connection, page)

    async def book_in(
        self, connection: Connection, page: Sequence[tuple[AnyEvent, int]]
    ) -> Mapping[str, Change]:
        """Book a page in this transaction."""
        return await book_events(
            connection, [RecordedEvent(*one, RECORDED_AT, b"") for one in page], TOKENS
        )

    async def accounts(self, portfolio_id: str) -> Accounts:
        """Return the accounts that are kept."""
        async with self.pool.acquire() as connection:
            return await read_accounts(connection, portfolio_id)

    async def content(self, portfolio_id: str) -> dict[str, Any]:
        """Return every byte that is kept of a portfolio, but for states to begin from again."""
        found: dict[str, Any] = {"accounts": to_json(await self.accounts(portfolio_id))}
        for table, order in (
            ("fills", "place"),
            ("entries", "event_id, number"),
            ("positions", "chain, base, quote"),
            ("balances", "chain, token"),
        ):
            query = f"SELECT * FROM {table} WHERE portfolio_id = $1 ORDER BY {order}"
            rows = await self.pool.fetch(query, portfolio_id)
            found[table] = [tuple(row) for row in rows]
        return found

    async def clear(self) -> None:
        """Empty all tables of the accounts."""
        await self.pool.execute(
            "TRUNCATE fills, entries, accounts, account_snapshots, positions, balances, "
            "fill_conflicts"
        )

    async def count(self, table: str) -> int:
        """Return how many rows a table has."""
        found: int = await self.pool.fetchval(f"SELECT count(*) FROM {table}")
        return found
