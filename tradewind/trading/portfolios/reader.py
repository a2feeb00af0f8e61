"""Reads portfolios for whoever may see them, all tables as they are at one moment."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date
from decimal import Decimal
from typing import Any, Final, NamedTuple

from tradewind.contracts.risk.limits import PortfolioLimits
from tradewind.errors import TransientError
from tradewind.postgres import Connection, Pool, outage_is_transient
from tradewind.trading.accounting.accounts import Accounts
from tradewind.trading.accounting.keys import PairKey, TokenKey
from tradewind.trading.accounting.snapshot import from_json
from tradewind.trading.book.strategies import strategies_of
from tradewind.trading.halts.store import read_states
from tradewind.trading.policy.resolution import resolve
from tradewind.trading.policy.store import PolicyMissing, current_policy
from tradewind.trading.portfolios.closing import Holdings, open_instruments
from tradewind.trading.portfolios.queries import QUERIES
from tradewind.trading.portfolios.views import (
    Common,
    HeldPosition,
    Moment,
    PortfolioView,
    marks_of,
    state_of,
    worth_of,
)

ANY_INSTRUMENT: Final = ""
"""No pair is called so: what is found for it is said of all pairs."""
BEFORE_ALL: Final = ("", "", "", "")
_LIMITS: Final = tuple(name for name in PortfolioLimits.model_fields if name != "scopes")

_PORTFOLIOS = QUERIES["select_portfolios"]
_POSITIONS = QUERIES["select_positions"]
_ACCOUNTS = QUERIES["select_accounts"]
_SETTLED = QUERIES["select_settled"]
_CLAIMED = QUERIES["select_claimed"]
_TRADERS = QUERIES["select_traders"]
_ALLOCATIONS = QUERIES["select_allocations"]
_CLAIMS = QUERIES["sum_allocations"]


class Seen(NamedTuple):
    """LIKE patterns of the portfolios and of the strategies that somebody sees; None for all."""

    portfolios: Sequence[str] | None = None
    strategies: Sequence[str] | None = None


class Claimed(NamedTuple):
    """What was approved on a day, in US dollars: what is claimed, was used and came back."""

    claimed_usd: Decimal
    used_usd: Decimal
    released_usd: Decimal


type PositionPlace = tuple[str, str, str, str]
"""Where a list of positions goes on: portfolio, chain, base and quote."""


class PortfolioReader:
    """Reads with few statements. It raises TransientError while PostgreSQL is unavailable."""

    def __init__(self, pool: Pool, pegged: Collection[TokenKey]) -> None:
        self._pool = pool
        self._pegged = pegged

    async def one(self, portfolio_id: str, seen: Seen) -> PortfolioView | None:
        """Return a portfolio; None where there is none that is seen."""
        async with self._moment() as (connection, common):
            rows = await connection.fetch(_PORTFOLIOS, *seen, "", portfolio_id, 1)
            return self._view(rows[0], common) if rows else None

    async def page(self, after: str, limit: int, seen: Seen) -> list[PortfolioView]:
        """Return portfolios after an id, sorted by id."""
        async with self._moment() as (connection, common):
            rows = await connection.fetch(_PORTFOLIOS, *seen, after, None, limit)
            return [self._view(row, common) for row in rows]

    async def positions(
        self,
        after: PositionPlace,
        limit: int,
        seen: Seen,
        portfolio_id: str | None = None,
        instrument: str | None = None,
        strategy_id: str | None = None,
    ) -> list[tuple[PositionPlace, HeldPosition]]:
        """Return what is held after a place, sorted by portfolio and pair."""
        async with self._moment() as (connection, _):
            rows = await connection.fetch(
                _POSITIONS, *seen, *after, portfolio_id, instrument, limit, strategy_id
            )
            names = list({row["portfolio_id"] for row in rows})
            found = await connection.fetch(_ACCOUNTS, names)
        accounts = {name: from_json(name, state) for name, state in found}
        marks = {name: marks_of(one, self._pegged) for name, one in accounts.items()}
        return [
            (
                (name, *pair),
                HeldPosition(name, accounts[name].positions[PairKey(*pair)], marks[name], trader),
            )
            for name, *pair, trader in rows
        ]

    async def holdings(self, portfolio_id: str, seen: Seen) -> Holdings | None:
        """Return what a portfolio can sell; None where there is none that is seen."""
        async with self._moment() as (connection, common):
            rows = await connection.fetch(_PORTFOLIOS, *seen, "", portfolio_id, 1)
            if not rows:
                return None
            view = self._view(rows[0], common)
            pairs = open_instruments(view.accounts)
            claimed = await connection.fetch(_CLAIMED, portfolio_id)
            traders = await connection.fetch(_TRADERS, portfolio_id, pairs)
            strategies = await strategies_of(connection, portfolio_id)
        return Holdings(
            view.accounts,
            view.version,
            {token: int(amount or 0) for token, amount in claimed},
            {row["instrument"]: row["strategy_id"] for row in traders},
            strategies,
        )

    async def allocations(
        self, portfolio_ids: Sequence[str], day: date, limit: int, strategy_id: str | None = None
    ) -> Sequence[Mapping[str, Any]]:
        """Return what was approved for portfolios on a day, the newest first."""
        with outage_is_transient():
            found: Sequence[Any] = await self._pool.fetch(
                _ALLOCATIONS, portfolio_ids, day, limit, strategy_id
            )
            return found

    async def claims(
        self, portfolio_ids: Sequence[str], day: date, strategy_id: str | None = None
    ) -> Claimed:
        """Add up what was approved for portfolios on a day."""
        with outage_is_transient():
            return Claimed(*await self._pool.fetchrow(_CLAIMS, portfolio_ids, day, strategy_id))

    @asynccontextmanager
    async def _moment(self) -> AsyncIterator[tuple[Connection, Common]]:
        with outage_is_transient():
            async with (
                self._pool.acquire() as connection,
                connection.transaction(isolation="repeatable_read", readonly=True),
            ):
                moment = Moment(*await connection.fetchrow(_SETTLED))
                try:
                    policy = await current_policy(connection)
                except PolicyMissing as error:
                    raise TransientError(str(error)) from error
                states = await read_states(connection)
                yield connection, Common(moment, policy, states)

    def _view(self, row: Any, common: Common) -> PortfolioView:
        name, state = row["portfolio_id"], row["accounts"]
        accounts = Accounts(name) if state is None else from_json(name, state)
        return PortfolioView(
            portfolio_id=name,
            version=row["version"],
            day=row["day"],
            day_notional_usd=row["day_notional_usd"],
            open_intents=row["intents"],
            claimed_usd=row["usd"],
            accounts=accounts,
            worth=worth_of(accounts, self._pegged, common.moment.now),
            marks=marks_of(accounts, self._pegged),
            state=state_of(name, common.states),
            limits=resolve(common.policy.policy.document, name, ANY_INSTRUMENT, _LIMITS),
            common=common,
        )
