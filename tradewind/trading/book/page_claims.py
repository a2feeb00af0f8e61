"""The claims that a page of the ledger begins, uses and ends."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import structlog

from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.risk.payloads import RiskScreened
from tradewind.postgres import Connection
from tradewind.runtime.decisions import LINE_END
from tradewind.trading.book import metrics
from tradewind.trading.book.allocation import Move, Standing, decided, settled
from tradewind.trading.book.queries import QUERIES
from tradewind.trading.book.records import Allocation, PortfolioRow, Status, no_portfolio
from tradewind.trading.book.seams import ReadEvent, Row
from tradewind.trading.book.terms import recorded_terms
from tradewind.trading.ledger_page import LedgerEvent, LedgerPage

_ALLOCATIONS = QUERIES["select_allocations"]
_INSERT = QUERIES["insert_allocations"]
_CHANGE = QUERIES["change_allocation"]

logger = structlog.get_logger("portfolio")


async def read_claims(
    connection: Connection,
    events: LedgerPage,
    portfolios: Mapping[str, PortfolioRow],
    incarnation: str,
    read_event: ReadEvent,
) -> "PageClaims":
    """Return the allocations of a page's intents.

    Of those that there are nothing changes before the commit of the caller, who has the turn to
    settle. Others may be decided meanwhile, unless the portfolios are locked.
    """
    intents = {getattr(one.event.payload, "intent_id", "") for one in events} - {""}
    rows = await connection.fetch(_ALLOCATIONS, sorted(intents)) if intents else []
    return PageClaims([Allocation.of(row) for row in rows], portfolios, incarnation, read_event)


class PageClaims:
    """Allocations while a page is settled; `write` and `begin` store what changed."""

    def __init__(
        self,
        allocations: Sequence[Allocation],
        portfolios: Mapping[str, PortfolioRow],
        incarnation: str,
        read_event: ReadEvent,
    ) -> None:
        self.changed: list[AnyEvent] = []
        """The events that changed a claim."""
        self.ended: list[Status] = []
        self.contradicted: list[LedgerEvent] = []
        """The recorded decisions that are otherwise than this book had kept them."""
        self._portfolios = portfolios
        self._moves: defaultdict[str, Move] = defaultdict(Move)
        self._before = {one.intent_id: one for one in allocations}
        self._after = dict(self._before)
        self._incarnation = incarnation
        self._read_event = read_event

    @property
    def begun(self) -> list[Allocation]:
        """The claims that only the ledger has."""
        return [one for name, one in self._after.items() if name not in self._before]

    def settle(self, recorded: LedgerEvent, history: Sequence[Row]) -> None:
        """Apply a recorded, legal event of an intent with this history."""
        intent_id = recorded.event.payload.intent_id
        before = self._after.get(intent_id)
        if before is None:
            after = self._begun(recorded, history)
        else:
            after = settled(before, recorded.event)
            if _is_contradicted(before, recorded, history):
                self.contradicted.append(recorded)
        if after is None or after == before:
            return
        self._after[intent_id] = after
        self.changed.append(recorded.event)
        self._moves[after.portfolio_id] = self._moves[after.portfolio_id].and_of(before, after)
        if after.status is not Status.CLAIMED and (before is None or before.status != after.status):
            self.ended.append(after.status)

    def _begun(self, recorded: LedgerEvent, history: Sequence[Row]) -> Allocation | None:
        """Return the row of a decision that only the ledger has: the book lost it in a restore.

        None for what a portfolio had no part in.
        """
        event, place = recorded.event, recorded.global_seq
        until = [row for row in history if row["global_seq"] <= place]
        terms = recorded_terms(self._read_event(row).event for row in until)
        if terms is None:
            return None
        portfolio = self._portfolios.get(event.key.portfolio) or no_portfolio(event.key.portfolio)
        standing = Standing(
            portfolio.portfolio_id, self._incarnation, portfolio.version, portfolio.day
        )
        return decided(event, event, terms, standing, None)

    async def write(self, connection: Connection) -> None:
        """Store the rows that changed."""
        rows = [
            _changes(self._after[name])
            for name, before in self._before.items()
            if self._after[name] != before
        ]
        if rows:
            await connection.executemany(_CHANGE, rows)

    async def begin(self, connection: Connection) -> None:
        """Store the rows that are new, whose portfolios are locked."""
        if self.begun:
            await connection.executemany(_INSERT, self.begun)

    def move_of(self, portfolio_id: str) -> Move:
        """Return what the page moves of a portfolio's budget."""
        return self._moves[portfolio_id]

    def count_ended(self) -> None:
        """Count what was settled, once it is."""
        for status in self.ended:
            metrics.SETTLED.labels(status).inc()

    def report_contradictions(self) -> None:
        """Say what was found before it is settled: rather twice than never."""
        for recorded in self.contradicted:
            metrics.CONTRADICTIONS.inc()
            logger.error(
                "the ledger has another decision than the book",
                correlationId=recorded.event.correlation_id,
                eventId=recorded.event.event_id,
                topic=recorded.event.topic,
            )


def _changes(one: Allocation) -> tuple[object, ...]:
    return (
        *(one.intent_id, one.status, one.is_approval, one.ended_at, one.budget_usd),
        *(one.claim_amount, one.claim_usd, one.used_amount, one.received_amount),
        one.released_amount,
    )


def _is_contradicted(before: Allocation, recorded: LedgerEvent, history: Sequence[Row]) -> bool:
    """Return whether the ledger has another decision than this book had kept."""
    sequences = [row["sequence"] for row in history if row["topic"] == RiskScreened.topic]
    if before.decision is None or recorded.event.sequence - 1 not in sequences:
        return False
    return before.decision.partition(LINE_END)[0] != recorded.body
