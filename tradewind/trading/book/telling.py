"""Writes what is new about portfolios into their own histories, by way of the outbox."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.portfolio.histories import MAX_EPOCH_EVENTS, Epoch
from tradewind.contracts.portfolio.payloads import EventReference
from tradewind.contracts.system.trading_states import EVERYTHING, Scope, ScopeKind
from tradewind.postgres import Connection, Pool, outage_is_transient
from tradewind.trading.accounting.keys import PairKey, TokenKey
from tradewind.trading.accounting.publish import Told, updated_payload
from tradewind.trading.accounting.settle import Change
from tradewind.trading.accounting.store import read_accounts
from tradewind.trading.book.queries import QUERIES
from tradewind.trading.book.records import PortfolioRow
from tradewind.trading.halts.store import worst_state

MAX_UNTOLD: Final = 50

_LOCK: Final = QUERIES["lock_portfolios"]
_UNTOLD: Final = QUERIES["select_untold"]
_TIME_AT: Final = QUERIES["select_time_at"]
_CLAIMS: Final = QUERIES["select_claims"]
_USED: Final = QUERIES["select_used"]
_TELL: Final = QUERIES["tell_portfolio"]
_OUTBOX: Final = QUERIES["insert_outbox"]


@dataclass(slots=True)
class _Changed:
    at: datetime
    cause: EventReference | None
    pairs: Collection[PairKey] = frozenset()
    tokens: Collection[TokenKey] = frozenset()


class News:
    """What a page changed, by portfolio."""

    def __init__(self, as_of: int) -> None:
        self.as_of = as_of
        self.changed: dict[str, _Changed] = {}

    @property
    def portfolios(self) -> list[str]:
        """The portfolios in the order in which they are locked."""
        return sorted(self.changed)

    def add(self, event: AnyEvent) -> None:
        """Note that an event changed what its portfolio has reserved or used."""
        cause = EventReference(correlation_id=event.correlation_id, event_id=event.event_id)
        self.changed[event.key.portfolio] = _Changed(event.timestamp, cause)

    def add_changes(self, changes: Mapping[str, Change]) -> None:
        """Note what changed in the accounts."""
        for name, change in changes.items():
            known = self.changed.setdefault(name, _Changed(change.at, change.cause))
            known.pairs, known.tokens = change.pairs, change.tokens


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

    async def tell(self, connection: Connection, news: News, untold: Collection[str]) -> None:
        """Write what is new about portfolios that are locked, one event each.

        Of those `untold` about an earlier change everything is told.
        """
        if not news.changed:
            return
        rows = [PortfolioRow(*row) for row in await connection.fetch(_LOCK, news.portfolios)]
        for row in rows:
            changed = news.changed[row.portfolio_id]
            is_untold = row.portfolio_id in untold
            await self._tell(connection, row, changed, news.as_of, everything=is_untold)

    async def tell_untold(self) -> int:
        """Tell everything of portfolios that changed while nothing could be told; return how many.

        It raises TransientError while PostgreSQL is unavailable.
        """
        with outage_is_transient():
            async with self._pool.acquire() as connection, connection.transaction():
                rows = [PortfolioRow(*row) for row in await connection.fetch(_UNTOLD, MAX_UNTOLD)]
                for row in rows:
                    at = await connection.fetchval(_TIME_AT, row.changed_seq)
                    changed = _Changed(at, None)
                    await self._tell(connection, row, changed, row.changed_seq, everything=True)
                return len(rows)

    async def _tell(
        self,
        connection: Connection,
        row: PortfolioRow,
        changed: _Changed,
        as_of: int,
        *,
        everything: bool,
    ) -> None:
        accounts = await read_accounts(connection, row.portfolio_id)
        claims = await connection.fetch(_CLAIMS, row.portfolio_id)
        scopes = [
            EVERYTHING,
            Scope(ScopeKind.ACCOUNT, row.portfolio_id),
            Scope(ScopeKind.PORTFOLIO, row.portfolio_id),
        ]
        told = Told(
            reserved_usd=sum((one["usd"] for one in claims), Decimal(0)),
            used_usd=await connection.fetchval(_USED, row.portfolio_id, changed.at.date()),
            state=(await worst_state(connection, scopes)).state,
            as_of=as_of,
            at=changed.at,
            cause=changed.cause,
            pairs=accounts.positions.keys() if everything else changed.pairs,
            tokens=accounts.balances.keys() if everything else changed.tokens,
        )
        epoch = Epoch(row.epoch, row.last_sequence, row.opened_at)
        epoch, events = updated_payload(accounts, epoch, told, self.pegged, self._max_epoch_events)
        for event in events:
            await connection.execute(
                _OUTBOX,
                *(row.portfolio_id, epoch.number, event.sequence),
                *(event.event_id, event.correlation_id, event.subject, event.to_bytes()),
            )
        await connection.execute(
            _TELL, row.portfolio_id, epoch.number, epoch.last_sequence, epoch.opened_at, as_of
        )
