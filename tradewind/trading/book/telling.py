"""Writes what is new about portfolios into their own histories, by way of the outbox."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.portfolio.histories import MAX_EPOCH_EVENTS, Epoch
from tradewind.contracts.portfolio.payloads import EventReference
from tradewind.contracts.system.trading_states import (
    EVERYTHING,
    HISTORY,
    Scope,
    ScopeKind,
)
from tradewind.postgres import Connection, Pool, outage_is_transient
from tradewind.trading.accounting.accounts import Accounts
from tradewind.trading.accounting.keys import PairKey, TokenKey
from tradewind.trading.accounting.publish import Told, updated_payload
from tradewind.trading.accounting.settle import Change
from tradewind.trading.accounting.store import accounts_of
from tradewind.trading.book.queries import QUERIES
from tradewind.trading.book.records import PortfolioRow
from tradewind.trading.book.strategies import MAX_READ, told_strategies
from tradewind.trading.halts.records import KeptState
from tradewind.trading.halts.store import columns_of, worst_of

MAX_UNTOLD: Final = 50

_UNTOLD: Final = QUERIES["select_untold"]
_TIME_AT: Final = QUERIES["select_time_at"]
_TOLD: Final = QUERIES["select_told"]
_TELL: Final = QUERIES["tell_portfolios"]


@dataclass(slots=True)
class _Changed:
    at: datetime
    cause: EventReference | None
    pairs: Collection[PairKey] = frozenset()
    tokens: Collection[TokenKey] = frozenset()
    accounts: Accounts | None = None
    """As they are now, where they changed."""


class News:
    """What a page changed, by portfolio."""

    def __init__(self, as_of: int) -> None:
        self.as_of = as_of
        self.changed: dict[str, _Changed] = {}

    @property
    def portfolios(self) -> list[str]:
        """The portfolios in the order in which they are locked."""
        return sorted(self.changed)

    @property
    def times(self) -> dict[str, datetime]:
        """When the portfolios changed, in the same order."""
        return {name: self.changed[name].at for name in self.portfolios}

    def add(self, event: AnyEvent) -> None:
        """Note that an event changed what its portfolio has reserved or used."""
        cause = EventReference(correlation_id=event.correlation_id, event_id=event.event_id)
        self.changed[event.key.portfolio] = _Changed(event.timestamp, cause)

    def add_changes(self, changes: Mapping[str, Change]) -> None:
        """Note what changed in the accounts."""
        for name, change in changes.items():
            known = self.changed.setdefault(name, _Changed(change.at, change.cause))
            known.pairs, known.tokens = change.pairs, change.tokens
            known.accounts = change.accounts


class _News(NamedTuple):
    """What there is to tell of a portfolio that is locked."""

    row: PortfolioRow
    changed: _Changed
    as_of: int
    everything: bool


class Teller:
    """Writes events of portfolios into the outbox."""

    def __init__(
        self,
        pool: Pool,
        pegged: Collection[TokenKey],
        max_epoch_events: int = MAX_EPOCH_EVENTS,
    ) -> None:
        self._pool = pool
        self.pegged = pegged
        self._max_epoch_events = max_epoch_events

    async def tell(
        self,
        connection: Connection,
        rows: Sequence[PortfolioRow],
        news: News,
        untold: Collection[str],
    ) -> None:
        """Write what is new about portfolios that are locked, as they are now; one event each.

        Of those `untold` about an earlier change everything is told.
        """
        if not rows:
            return
        told = [
            _News(row, news.changed[row.portfolio_id], news.as_of, row.portfolio_id in untold)
            for row in rows
        ]
        await self._tell(connection, told)

    async def tell_untold(self) -> int:
        """Tell everything of portfolios that changed while nothing could be told; return how many.

        It raises TransientError while PostgreSQL is unavailable.
        """
        with outage_is_transient():
            async with self._pool.acquire() as connection, connection.transaction():
                rows = [PortfolioRow(*row) for row in await connection.fetch(_UNTOLD, MAX_UNTOLD)]
                told = []
                for row in rows:
                    at = await connection.fetchval(_TIME_AT, row.changed_seq)
                    told.append(_News(row, _Changed(at, None), row.changed_seq, everything=True))
                if told:
                    await self._tell(connection, told)
                return len(rows)

    async def _tell(self, connection: Connection, news: Sequence[_News]) -> None:
        """Read what all of them have at once: a page may be about hundreds of portfolios."""
        names = [one.row.portfolio_id for one in news]
        days = [one.changed.at.date() for one in news]
        scopes = dict.fromkeys(scope for name in names for scope in _scopes(name))
        rows = await connection.fetch(_TOLD, names, MAX_READ, days, *columns_of(list(scopes)))
        found = {row["portfolio_id"]: row for row in rows}
        outbox, positions = [], []
        for one in news:
            name = one.row.portfolio_id
            epoch, events = self._events(one, *found[name])
            outbox += [_outbox_row(name, epoch, event) for event in events]
            positions.append((name, epoch.number, epoch.last_sequence, epoch.opened_at, one.as_of))
        await connection.execute(_TELL, *_columns(outbox, 7), *_columns(positions, 5))

    def _events(
        self,
        news: _News,
        name: str,
        kept_accounts: str | None,
        reserved_usd: Decimal,
        used_usd: Decimal,
        strategies: Sequence[str],
        kept_states: Sequence[Sequence[Any]],
    ) -> tuple[Epoch, list[AnyEvent]]:
        row, changed = news.row, news.changed
        accounts = changed.accounts or accounts_of(name, kept_accounts)
        states = (KeptState.of(one) for one in kept_states)
        told = Told(
            reserved_usd=reserved_usd,
            used_usd=used_usd,
            state=worst_of(one for one in states if one.scope in _scopes(name)).state,
            as_of=news.as_of,
            at=changed.at,
            cause=changed.cause,
            pairs=accounts.positions.keys() if news.everything else changed.pairs,
            tokens=accounts.balances.keys() if news.everything else changed.tokens,
            strategies=told_strategies(strategies),
        )
        epoch = Epoch(row.epoch, row.last_sequence, row.opened_at)
        return updated_payload(accounts, epoch, told, self.pegged, self._max_epoch_events)


def _scopes(portfolio_id: str) -> tuple[Scope, ...]:
    """Return the scopes whose states concern all of a portfolio."""
    return (
        EVERYTHING,
        HISTORY,
        Scope(ScopeKind.ACCOUNT, portfolio_id),
        Scope(ScopeKind.PORTFOLIO, portfolio_id),
    )


def _outbox_row(portfolio_id: str, epoch: Epoch, event: AnyEvent) -> tuple[object, ...]:
    return (
        *(portfolio_id, epoch.number, event.sequence),
        *(event.event_id, event.correlation_id, event.subject, event.to_bytes()),
    )


def _columns(rows: Sequence[tuple[object, ...]], number: int) -> list[list[object]]:
    """Return the columns of rows, also where there is no row."""
    return [[row[place] for row in rows] for place in range(number)]
