"""Follows the ledger: what it has recorded ends claims, and is told in portfolios' histories.

It goes by `global_seq`, which is given out under the writer's lock, so nothing is missed and
nothing is applied twice. What the stream says counts for nothing: a copy that the ledger set aside
would release money that is in flight. Nor does a deadline: the intent may be in flight.
"""

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from tradewind.contracts.execution.payloads import (
    ExecutionCompleted,
    ExecutionFailed,
    StepFilled,
)
from tradewind.contracts.intents.payloads import (
    IntentAccepted,
    IntentCancelled,
    IntentExpired,
)
from tradewind.contracts.plans.payloads import PlanRejected
from tradewind.contracts.portfolio.payloads import (
    PortfolioFunded,
    PortfolioOpened,
    PortfolioUpdated,
)
from tradewind.contracts.risk.payloads import (
    RiskApprovalAnswered,
    RiskApprovalRequired,
    RiskApproved,
    RiskRejected,
)
from tradewind.contracts.subjects import NO_KEY
from tradewind.contracts.system.payloads import TradingStateChanged
from tradewind.contracts.system.risk_limits import RiskLimitsApplied, RiskLimitsDefined
from tradewind.contracts.system.trading_states import EVERYTHING, ScopeKind
from tradewind.failpoints import failpoint
from tradewind.postgres import Connection, Pool, outage_is_transient
from tradewind.trading.accounting.settle import book_events
from tradewind.trading.accounting.wallet_bookings import (
    NO_TOKENS,
    WALLET_TOPICS,
    WalletTokens,
)
from tradewind.trading.approvals.store import follow_waits, is_of_waits
from tradewind.trading.book import metrics
from tradewind.trading.book.fence import Fence
from tradewind.trading.book.losses import find_trips, stop_after_losses
from tradewind.trading.book.page_claims import PageClaims, read_claims
from tradewind.trading.book.page_size import PageSize
from tradewind.trading.book.queries import QUERIES
from tradewind.trading.book.records import Observed, PortfolioRow
from tradewind.trading.book.seams import FindLegal, ReadEvent, Row
from tradewind.trading.book.telling import News, Teller
from tradewind.trading.halts.store import apply_states
from tradewind.trading.ledger_page import LedgerEvent, LedgerPage
from tradewind.trading.policy.loss_rules import LossTrip
from tradewind.trading.policy.store import apply_policies

MAX_READ_EVENTS: Final = 500
BEFORE_COMMIT: Final = "settlement.before_commit"
AFTER_COMMIT: Final = "settlement.after_commit"

OF_INTENTS: Final = frozenset(
    one.topic
    for one in (
        *(RiskApprovalRequired, RiskApproved, IntentAccepted, RiskRejected, PlanRejected),
        *(IntentCancelled, IntentExpired),
        *(StepFilled, ExecutionCompleted, ExecutionFailed),
    )
)
"""What begins a claim, uses it and ends it; the lifecycle has to allow it."""
OF_PORTFOLIOS: Final = frozenset((PortfolioOpened.topic, PortfolioUpdated.topic))
OF_OTHERS: Final = WALLET_TOPICS | {
    one.topic
    for one in (
        *(PortfolioFunded, RiskApprovalAnswered, RiskLimitsApplied, RiskLimitsDefined),
        TradingStateChanged,
    )
}
OF_BOOK: Final = OF_INTENTS | OF_PORTFOLIOS | OF_OTHERS

OF_ONE_PORTFOLIO: Final = (ScopeKind.ACCOUNT, ScopeKind.PORTFOLIO)
"""The scopes that, beside everything, a portfolio's own state follows from."""

_OBSERVE: Final = QUERIES["observe"]
_LOCK_CURSOR: Final = QUERIES["lock_cursor"]
_MOVE_CURSOR: Final = QUERIES["move_cursor"]
_PLACES: Final = QUERIES["select_places"]
_AT: Final = QUERIES["select_at"]
_HISTORIES: Final = QUERIES["select_histories"]
_ADD: Final = QUERIES["add_portfolios"]
_READ: Final = QUERIES["select_portfolios"]
_LOCK: Final = QUERIES["lock_portfolios"]
_CHANGE: Final = QUERIES["change_portfolios"]
_FOLLOW: Final = QUERIES["follow_history"]
_NOTE_STATES: Final = QUERIES["note_states"]


class Page(NamedTuple):
    """What the next events of the ledger say, as far as it concerns the book."""

    end: int
    """The `global_seq` of the last of them, whatever it is about."""
    size: int
    """How many of them are of the book."""
    events: LedgerPage
    """In the ledger's order, without those that a lifecycle forbids."""
    histories: Mapping[str, Sequence[Row]]
    """The rows of the histories of intents among them, up to the end of the page."""


class _Changes(NamedTuple):
    """What a page changes."""

    claims: PageClaims
    news: News
    trips: Mapping[str, LossTrip]
    locked: Mapping[str, PortfolioRow] | None
    """Its portfolios, where all of them had to be locked first."""
    locked_at: float
    """Since when others may wait for them, by the monotonic clock."""


class Settlement:
    """Settles the ledger page by page; any number of processes may, of which one at a time does.

    Every method raises TransientError while PostgreSQL is unavailable.
    """

    def __init__(
        self,
        pool: Pool,
        fence: Fence,
        teller: Teller,
        read_event: ReadEvent,
        find_legal: FindLegal,
        page_size: PageSize | None = None,
        tokens: WalletTokens = NO_TOKENS,
    ) -> None:
        self._pool = pool
        self._fence = fence
        self._teller = teller
        self._read_event = read_event
        self._find_legal = find_legal
        self._page_size = page_size or PageSize()
        self._tokens = tokens

    async def observe(self) -> Observed:
        """Return which database answers, and how far ledger and book go in it."""
        with outage_is_transient():
            return Observed(*await self._pool.fetchrow(_OBSERVE))

    async def settle(self) -> int | None:
        """Settle a page and return its end; None where there is none, or somebody else settles."""
        known = self._fence.known_commits
        with outage_is_transient():
            async with self._pool.acquire() as connection, connection.transaction():
                row = await connection.fetchrow(_LOCK_CURSOR)
                seen = None if row is None else Observed(*row)
                page = None if seen is None else await self._read(connection, seen.settled)
                if seen is None or page is None:
                    return None
                began_at = time.monotonic()
                await connection.execute(_MOVE_CURSOR, page.end)
                changes = await self._changes(connection, page, seen)
                await self._apply(connection, page, changes, self._fence.holds(seen, known))
                changes.claims.report_contradictions()
                failpoint(BEFORE_COMMIT)
        self._note(page, began_at, changes.locked_at)
        failpoint(AFTER_COMMIT)
        changes.claims.count_ended()
        return page.end

    def _note(self, page: Page, began_at: float, locked_at: float) -> None:
        now = time.monotonic()
        metrics.LOCKED_SECONDS.observe(now - locked_at)
        self._page_size.note(page.size, now - locked_at, now - began_at)

    async def _read(self, connection: Connection, cursor: int) -> Page | None:
        places = await connection.fetch(_PLACES, cursor, MAX_READ_EVENTS)
        if not places:
            return None
        of_book = [number for number, one in enumerate(places) if one["topic"] in OF_BOOK]
        size = min(len(of_book), self._page_size.events)
        if size < len(of_book):
            places = places[: of_book[size]]
        end = places[-1]["global_seq"]
        wanted = {one["correlation_id"] for one in places if one["topic"] in OF_INTENTS}
        others = [one["global_seq"] for one in places if one["topic"] in OF_PORTFOLIOS | OF_OTHERS]
        histories: dict[str, list[Row]] = defaultdict(list)
        if wanted:
            for row in await connection.fetch(_HISTORIES, sorted(wanted), end):
                histories[row["correlation_id"]].append(row)
        found = await connection.fetch(_AT, others) if others else []
        events = [self._read_event(row) for row in found]
        for history in histories.values():
            events += self._new_and_legal(history, cursor)
        return Page(end, size, sorted(events, key=lambda one: one.global_seq), histories)

    def _new_and_legal(self, history: list[Row], cursor: int) -> list[LedgerEvent]:
        legal = self._find_legal(history, lambda row: self._read_event(row).event)
        return [
            self._read_event(row)
            for row in history
            if row["global_seq"] > cursor
            and row["topic"] in OF_INTENTS
            and row["event_id"] in legal
        ]

    async def _changes(self, connection: Connection, page: Page, seen: Observed) -> _Changes:
        """Return what a page changes, as far as that is known before a portfolio is locked.

        Accounts, and what became of claims, are changed only by whoever has the turn to settle.
        What says more than that has the portfolios locked first.
        """
        booked = await book_events(connection, page.events, self._tokens)
        await apply_policies(connection, page.events)
        names = sorted(_portfolios_of(page.events) | booked.keys())
        found = await connection.fetch(_READ, names) if names else []
        portfolios = {row["portfolio_id"]: PortfolioRow(*row) for row in found}
        claims = await self._claims(connection, page, portfolios, seen)
        of_waits = await is_of_waits(connection, page.events)
        locks = of_waits or len(found) < len(names) or _needs_lock(page, portfolios, claims)
        locked_at = time.monotonic()
        if locks:
            portfolios = await _lock(connection, names)
            claims = await self._claims(connection, page, portfolios, seen)
        news = News(page.end)
        for event in claims.changed:
            news.add(event)
        news.add_changes(booked)
        await claims.write(connection)
        trips = await find_trips(connection, news.times, self._teller.pegged)
        if not locks:
            locked_at = time.monotonic()
        return _Changes(claims, news, trips, portfolios if locks else None, locked_at)

    async def _claims(
        self,
        connection: Connection,
        page: Page,
        portfolios: Mapping[str, PortfolioRow],
        seen: Observed,
    ) -> PageClaims:
        claims = await read_claims(
            connection, page.events, portfolios, seen.incarnation, self._read_event
        )
        for recorded in page.events:
            if recorded.event.topic in OF_INTENTS:
                claims.settle(recorded, page.histories[recorded.event.correlation_id])
        return claims

    async def _apply(
        self, connection: Connection, page: Page, changes: _Changes, tells: bool
    ) -> None:
        """Store what a page changes, and tell it: only now others wait for its portfolios."""
        claims, news, trips, locked, _ = changes
        if locked is not None:
            for one in _goes_further(page, locked):
                await connection.execute(_FOLLOW, *one)
            await claims.begin(connection)
            await follow_waits(connection, page.events)
            await apply_states(connection, page.events)
            await _note_states(connection, page)
        if not news.portfolios:
            return
        rows, untold = await _change(connection, claims, news.portfolios, page.end)
        if tells:
            await stop_after_losses(connection, trips)
            await self._teller.tell(connection, rows, news, untold)


async def _lock(connection: Connection, names: Sequence[str]) -> dict[str, PortfolioRow]:
    rows = await connection.fetch(_LOCK, names)
    if len(rows) < len(names):
        await connection.execute(_ADD, names)
        rows = await connection.fetch(_LOCK, names)
    return {row["portfolio_id"]: PortfolioRow(*row) for row in rows}


async def _change(
    connection: Connection, claims: PageClaims, names: Sequence[str], place: int
) -> tuple[list[PortfolioRow], set[str]]:
    """Lock portfolios and store their next versions, which changed at a place.

    Return them by name, and those of which an earlier change was not told.
    """
    days, budgets = zip(*map(claims.move_of, names), strict=True)
    found = await connection.fetch(_CHANGE, names, days, budgets, place)
    rows = sorted(PortfolioRow(*tuple(row)[:-1]) for row in found)
    return rows, {row["portfolio_id"] for row in found if row["is_untold"]}


def _portfolios_of(events: LedgerPage) -> set[str]:
    """Return the portfolios of events. To halt a name makes no portfolio of it."""
    others = (one.event for one in events if one.event.topic != TradingStateChanged.topic)
    return {event.key.portfolio for event in others} - {NO_KEY}


async def _note_states(connection: Connection, page: Page) -> None:
    """Note that portfolios have another trading state, which is told like any other change.

    A state of everything concerns all of them, and they are told of one after the other.
    """
    scopes = {
        one.event.payload.scope
        for one in page.events
        if one.event.topic == TradingStateChanged.topic
    }
    named = sorted({one.name for one in scopes if one.kind in OF_ONE_PORTFOLIO})
    if named or EVERYTHING in scopes:
        await connection.execute(_NOTE_STATES, page.end, EVERYTHING in scopes, named)


def _needs_lock(page: Page, portfolios: Mapping[str, PortfolioRow], claims: PageClaims) -> bool:
    """Return whether a page says what only the ledger has, or changes a trading state."""
    if claims.begun or _goes_further(page, portfolios):
        return True
    return any(one.event.topic == TradingStateChanged.topic for one in page.events)


def _goes_further(
    page: Page, portfolios: Mapping[str, PortfolioRow]
) -> list[tuple[str, int, int, datetime]]:
    """Return how far portfolios' recorded histories go, where a restored database knows less."""
    further = []
    for recorded in page.events:
        event, payload = recorded.event, recorded.event.payload
        if isinstance(payload, PortfolioOpened | PortfolioUpdated):
            known = portfolios.get(event.key.portfolio)
            place = payload.epoch, event.sequence
            if known is None or (known.epoch, known.last_sequence) < place:
                further.append((payload.portfolio_id, *place, event.timestamp))
    return further
