"""Follows the ledger: what it has recorded ends claims, and is told in portfolios' histories.

It goes by `global_seq`, which is given out under the writer's lock, so nothing is missed and
nothing is applied twice. What the stream says counts for nothing: a copy that the ledger set aside
would release money that is in flight. Nor does a deadline: the intent may be in flight.
"""

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from tradewind.contracts.envelope import AnyEvent
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
from tradewind.trading.approvals.store import follow_waits
from tradewind.trading.book import metrics
from tradewind.trading.book.fence import Fence
from tradewind.trading.book.losses import stop_after_losses
from tradewind.trading.book.page_claims import read_claims
from tradewind.trading.book.page_size import PageSize
from tradewind.trading.book.queries import QUERIES
from tradewind.trading.book.records import Observed, PortfolioRow, Status
from tradewind.trading.book.seams import FindLegal, ReadEvent
from tradewind.trading.book.telling import News, Teller
from tradewind.trading.halts.store import apply_states
from tradewind.trading.ledger_page import LedgerEvent, LedgerPage
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
    histories: Mapping[str, LedgerPage]
    """The histories of intents among them, up to the end of the page."""


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
                locked_at = time.monotonic()
                ended = await self._apply(connection, page, seen, known)
                await connection.execute(_MOVE_CURSOR, page.end)
                failpoint(BEFORE_COMMIT)
        self._note(page, time.monotonic() - locked_at)
        failpoint(AFTER_COMMIT)
        for status in ended:
            metrics.SETTLED.labels(status).inc()
        return page.end

    def _note(self, page: Page, held_seconds: float) -> None:
        metrics.LOCKED_SECONDS.observe(held_seconds)
        self._page_size.note(page.size, held_seconds)

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
        histories: dict[str, list[LedgerEvent]] = defaultdict(list)
        if wanted:
            for row in await connection.fetch(_HISTORIES, sorted(wanted), end):
                recorded = self._read_event(row)
                histories[recorded.event.correlation_id].append(recorded)
        found = await connection.fetch(_AT, others) if others else []
        events = [self._read_event(row) for row in found]
        for history in histories.values():
            events += self._new_and_legal(history, cursor)
        return Page(end, size, sorted(events, key=lambda one: one.global_seq), histories)

    def _new_and_legal(self, history: LedgerPage, cursor: int) -> list[LedgerEvent]:
        legal = self._find_legal([one.event for one in history])
        return [
            one
            for one in history
            if one.global_seq > cursor
            and one.event.topic in OF_INTENTS
            and one.event.event_id in legal
        ]

    async def _apply(
        self, connection: Connection, page: Page, seen: Observed, known_commits: int
    ) -> list[Status]:
        """Apply a page; return the states in which claims ended."""
        if not page.events:
            return []
        names = _portfolios_of(page.events)
        portfolios = await _lock(connection, names)
        claims = await read_claims(connection, page.events, portfolios, seen.incarnation)
        untold = {name for name, row in portfolios.items() if row.changed_seq > row.told_seq}
        news = News(page.end)
        for recorded in page.events:
            if recorded.event.topic in OF_PORTFOLIOS:
                await _follow(connection, recorded.event, portfolios)
            elif recorded.event.topic in OF_INTENTS:
                history = page.histories[recorded.event.correlation_id]
                if claims.settle(recorded, history):
                    news.add(recorded.event)
        await claims.write(connection)
        await follow_waits(connection, page.events)
        await apply_states(connection, page.events)
        await _note_states(connection, page)
        await apply_policies(connection, page.events)
        news.add_changes(await book_events(connection, page.events, self._tokens))
        changed = [claims.portfolios[name] for name in news.portfolios]
        rows = await _change(connection, changed, page.end)
        if self._fence.holds(seen, known_commits):
            times = {name: news.changed[name].at for name in news.portfolios}
            await stop_after_losses(connection, times, self._teller.pegged)
            await self._teller.tell(connection, rows, news, untold)
        return claims.ended


async def _lock(connection: Connection, names: Sequence[str]) -> dict[str, PortfolioRow]:
    if not names:
        return {}
    rows = await connection.fetch(_LOCK, names)
    if len(rows) < len(names):
        await connection.execute(_ADD, names)
        rows = await connection.fetch(_LOCK, names)
    return {row["portfolio_id"]: PortfolioRow(*row) for row in rows}


async def _change(
    connection: Connection, changed: Sequence[PortfolioRow], place: int
) -> list[PortfolioRow]:
    """Store the next versions of portfolios that changed at a place; return them by name."""
    if not changed:
        return []
    names = [one.portfolio_id for one in changed]
    days, notionals = [one.day for one in changed], [one.day_notional_usd for one in changed]
    rows = await connection.fetch(_CHANGE, names, days, notionals, place)
    return sorted(PortfolioRow(*row) for row in rows)


def _portfolios_of(events: LedgerPage) -> list[str]:
    """Return the portfolios of events, sorted. To halt a name makes no portfolio of it."""
    others = (one.event for one in events if one.event.topic != TradingStateChanged.topic)
    return sorted({event.key.portfolio for event in others} - {NO_KEY})


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


async def _follow(
    connection: Connection, event: AnyEvent, portfolios: Mapping[str, PortfolioRow]
) -> None:
    """Take over how far a portfolio's recorded history goes: a restored database knows less."""
    payload = event.payload
    assert isinstance(payload, PortfolioOpened | PortfolioUpdated)
    known = portfolios[event.key.portfolio]
    if (known.epoch, known.last_sequence) >= (payload.epoch, event.sequence):
        return
    await connection.execute(
        _FOLLOW, payload.portfolio_id, payload.epoch, event.sequence, event.timestamp
    )
