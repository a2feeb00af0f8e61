"""Portfolios as they were after an event of the ledger.

The accounts are folded from the fills and entries that were recorded until then, from the last kept
state that knows nothing later. What was claimed and of which budget is kept as it is now only: it
is null, except at the head of the ledger.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final

from tradewind.contracts.instruments.assets import instrument_key
from tradewind.contracts.system.payloads import TradingStateChanged
from tradewind.postgres import Connection, Pool, outage_is_transient
from tradewind.readmodels.reader import turn_to_fold
from tradewind.timeline.moments import AsOf
from tradewind.timeline.queries import QUERIES
from tradewind.timeline.states import states_at
from tradewind.trading.accounting.accounts import Accounts, Position
from tradewind.trading.accounting.fold import post
from tradewind.trading.accounting.keys import TokenKey
from tradewind.trading.accounting.rows import to_posting
from tradewind.trading.accounting.snapshot import from_json
from tradewind.trading.book.settlement import OF_BOOK
from tradewind.trading.policy.store import NO_POLICY
from tradewind.trading.portfolios.queries import QUERIES as PORTFOLIO_QUERIES
from tradewind.trading.portfolios.reader import PortfolioReader, PositionPlace, Seen
from tradewind.trading.portfolios.views import (
    Common,
    HeldPosition,
    Moment,
    PortfolioView,
    marks_of,
    state_of,
    worth_of,
)

PAGE_POSTINGS: Final = 1_000
MAX_PORTFOLIOS: Final = 201
BEFORE_ALL_TIME: Final = datetime.min.replace(tzinfo=UTC)

_BEGIN: Final = sorted(OF_BOOK - {TradingStateChanged.topic})
"""What makes a portfolio known to the book: to halt a name does not."""

_PORTFOLIOS = PORTFOLIO_QUERIES["select_portfolios"]
_SETTLED = PORTFOLIO_QUERIES["select_settled"]
_TRADERS_THEN = QUERIES["select_traders_then"]
_STATE_BEFORE = QUERIES["select_state_before"]
_POSTINGS = QUERIES["select_postings"]
_OPEN_INTENTS = QUERIES["count_open_intents"]
_BEGUN = QUERIES["select_begun_portfolios"]


class PortfoliosAsOf(PortfolioReader):
    """Reads portfolios as they were. It raises TransientError while PostgreSQL is unavailable."""

    def __init__(
        self,
        pool: Pool,
        pegged: Collection[TokenKey],
        as_of: AsOf,
        turns: asyncio.Semaphore | None = None,
    ) -> None:
        super().__init__(pool, pegged)
        self._as_of = as_of
        self._turns = turns or asyncio.Semaphore(1)

    async def one(self, portfolio_id: str, seen: Seen) -> PortfolioView | None:
        """Return a portfolio; None where there was none that is seen."""
        views = await self._views(seen, "", portfolio_id, 1)
        return views[0] if views else None

    async def page(self, after: str, limit: int, seen: Seen) -> list[PortfolioView]:
        """Return portfolios after an id, sorted by id; those that had not begun are left out."""
        return await self._views(seen, after, None, limit)

    async def positions(
        self,
        after: PositionPlace,
        limit: int,
        seen: Seen,
        portfolio_id: str | None = None,
        instrument: str | None = None,
        strategy_id: str | None = None,
    ) -> list[tuple[PositionPlace, HeldPosition]]:
        """Return what was held after a place, sorted by portfolio and pair."""
        found: list[tuple[PositionPlace, HeldPosition]] = []
        start = max(after[0], "")
        views = await self._views(seen, "", portfolio_id, MAX_PORTFOLIOS)
        for view in views:
            if view.portfolio_id < start:
                continue
            for key, position in sorted(view.accounts.positions.items()):
                place = (view.portfolio_id, *key)
                is_asked = instrument in (None, _pair(position))
                if place > after and position.holding.quantity and is_asked:
                    held = HeldPosition(view.portfolio_id, position, view.marks)
                    found.append((place, held))
        found = await self._with_traders(found)
        return [one for one in found if strategy_id in (None, one[1].strategy_id)][:limit]

    async def _with_traders(
        self, found: Sequence[tuple[PositionPlace, HeldPosition]]
    ) -> list[tuple[PositionPlace, HeldPosition]]:
        """Say whose intent was last approved for each pair by then."""
        names = [one.portfolio_id for _, one in found]
        pairs = [_pair(one.position) for _, one in found]
        at = self._as_of.recorded_at or BEFORE_ALL_TIME
        with outage_is_transient():
            rows = await self._pool.fetch(_TRADERS_THEN, names, pairs, at)
        traders = {(name, pair): strategy_id for name, pair, strategy_id in rows}
        return [
            (place, held._replace(strategy_id=traders.get((held.portfolio_id, pair))))
            for (place, held), pair in zip(found, pairs, strict=True)
        ]

    async def _views(
        self, seen: Seen, after: str, portfolio_id: str | None, limit: int
    ) -> list[PortfolioView]:
        async with turn_to_fold(self._turns), self._then() as (connection, moment):
            rows = await connection.fetch(_PORTFOLIOS, *seen, after, portfolio_id, limit)
            names = [row["portfolio_id"] for row in rows]
            sequence = self._as_of.sequence
            found = await connection.fetch(_BEGUN, sequence, names, _BEGIN)
            begun = {row["portfolio_id"] for row in found}
            counted = await connection.fetch(_OPEN_INTENTS, sequence, names)
            intents = {row["portfolio_id"]: row["intents"] for row in counted}
            states = await states_at(connection, sequence, moment.now)
            common = Common(moment, NO_POLICY, states)
            is_head = moment.settled == sequence == self._as_of.last
            return [
                self._as_it_was(
                    row,
                    await accounts_at(connection, row["portfolio_id"], sequence),
                    intents.get(row["portfolio_id"], 0),
                    common,
                    is_head=is_head,
                )
                for row in rows
                if row["portfolio_id"] in begun
            ]

    @asynccontextmanager
    async def _then(self) -> AsyncIterator[tuple[Connection, Moment]]:
        with outage_is_transient():
            async with (
                self._pool.acquire() as connection,
                connection.transaction(isolation="repeatable_read", readonly=True),
            ):
                now = Moment(*await connection.fetchrow(_SETTLED))
                at = self._as_of.recorded_at or BEFORE_ALL_TIME
                settled = min(now.settled, self._as_of.sequence)
                yield connection, Moment(self._as_of.incarnation, settled, at, at)

    def _as_it_was(
        self, row: Any, accounts: Accounts, intents: int, common: Common, *, is_head: bool
    ) -> PortfolioView:
        name = row["portfolio_id"]
        return PortfolioView(
            portfolio_id=name,
            version=row["version"] if is_head else accounts.as_of,
            day=row["day"] if is_head else common.moment.now.date(),
            day_notional_usd=row["day_notional_usd"] if is_head else None,
            open_intents=row["intents"] if is_head else intents,
            claimed_usd=row["usd"] if is_head else None,
            accounts=accounts,
            worth=worth_of(accounts, self._pegged, common.moment.now),
            marks=marks_of(accounts, self._pegged),
            state=state_of(name, common.states),
            limits={},
            common=common,
        )


async def accounts_at(connection: Connection, portfolio_id: str, sequence: int) -> Accounts:
    """Fold a portfolio's accounts from what was recorded up to a global_seq."""
    state = await connection.fetchval(_STATE_BEFORE, sequence, portfolio_id)
    accounts = Accounts(portfolio_id) if state is None else from_json(portfolio_id, state)
    page: Sequence[Any] = [None] * PAGE_POSTINGS
    while len(page) == PAGE_POSTINGS:
        page = await connection.fetch(
            _POSTINGS, sequence, portfolio_id, accounts.place, PAGE_POSTINGS
        )
        for row in page:
            accounts = post(accounts, to_posting(row))
    return accounts


def _pair(position: Position) -> str:
    return instrument_key(position.holding.base, position.holding.quote)
