"""The claims that a page of the ledger begins, uses and ends."""

from collections.abc import Sequence

import structlog

from tradewind.contracts.risk.payloads import RiskScreened
from tradewind.postgres import Connection
from tradewind.runtime.decisions import LINE_END
from tradewind.trading.book import metrics
from tradewind.trading.book.allocation import Standing, decided, moved_budget, settled
from tradewind.trading.book.queries import QUERIES
from tradewind.trading.book.records import Allocation, PortfolioRow, Status
from tradewind.trading.book.terms import recorded_terms
from tradewind.trading.ledger_page import LedgerEvent, LedgerPage

_ALLOCATIONS = QUERIES["select_allocations"]
_INSERT = QUERIES["insert_allocations"]
_CHANGE = QUERIES["change_allocation"]

logger = structlog.get_logger("portfolio")


async def read_claims(
    connection: Connection,
    events: LedgerPage,
    portfolios: dict[str, PortfolioRow],
    incarnation: str,
) -> "PageClaims":
    """Return the allocations of a page's intents, whose portfolios are locked."""
    intents = {getattr(one.event.payload, "intent_id", "") for one in events} - {""}
    rows = await connection.fetch(_ALLOCATIONS, sorted(intents)) if intents else []
    return PageClaims([Allocation.of(row) for row in rows], portfolios, incarnation)


class PageClaims:
    """Allocations and portfolios while a page is settled; `write` stores what changed."""

    def __init__(
        self,
        allocations: Sequence[Allocation],
        portfolios: dict[str, PortfolioRow],
        incarnation: str,
    ) -> None:
        self.portfolios = portfolios
        self.ended: list[Status] = []
        self._before = {one.intent_id: one for one in allocations}
        self._after = dict(self._before)
        self._incarnation = incarnation

    def settle(self, recorded: LedgerEvent, history: LedgerPage) -> bool:
        """Apply a recorded, legal event of an intent; return whether its claim changed."""
        intent_id = recorded.event.payload.intent_id
        before = self._after.get(intent_id)
        if before is None:
            after = self._begun(recorded, history)
        else:
            after = settled(before, recorded.event)
            _compare(before, recorded, history)
        if after is None or after == before:
            return False
        self._after[intent_id] = after
        portfolio = self.portfolios[after.portfolio_id]
        day, total = moved_budget(portfolio.day, portfolio.day_notional_usd, before, after)
        self.portfolios[after.portfolio_id] = portfolio._replace(day=day, day_notional_usd=total)
        if after.status is not Status.CLAIMED and (before is None or before.status != after.status):
            self.ended.append(after.status)
        return True

    def _begun(self, recorded: LedgerEvent, history: LedgerPage) -> Allocation | None:
        """Return the row of a decision that only the ledger has: the book lost it in a restore.

        None for what a portfolio had no part in.
        """
        event = recorded.event
        until = [one.event for one in history if one.global_seq <= recorded.global_seq]
        terms = recorded_terms(until)
        if terms is None:
            return None
        portfolio = self.portfolios[event.key.portfolio]
        standing = Standing(
            portfolio.portfolio_id, self._incarnation, portfolio.version, portfolio.day
        )
        return decided(event, event, terms, standing, None)

    async def write(self, connection: Connection) -> None:
        """Store the rows that are new and those that changed."""
        new = [one.values for name, one in self._after.items() if name not in self._before]
        changed = [
            _changes(one)
            for name, one in self._after.items()
            if name in self._before and one != self._before[name]
        ]
        if new:
            await connection.executemany(_INSERT, new)
        if changed:
            await connection.executemany(_CHANGE, changed)


def _changes(one: Allocation) -> tuple[object, ...]:
    return (
        *(one.intent_id, one.status, one.is_approval, one.ended_at, one.budget_usd),
        *(one.claim_amount, one.claim_usd, one.used_amount, one.received_amount),
        one.released_amount,
    )


def _compare(before: Allocation, recorded: LedgerEvent, history: LedgerPage) -> None:
    """Report that the ledger has another decision than this book had kept."""
    sequences = [
        one.event.sequence for one in history if isinstance(one.event.payload, RiskScreened)
    ]
    if before.decision is None or recorded.event.sequence - 1 not in sequences:
        return
    if before.decision.partition(LINE_END)[0] != recorded.body:
        metrics.CONTRADICTIONS.inc()
        logger.error(
            "the ledger has another decision than the book",
            correlationId=recorded.event.correlation_id,
            eventId=recorded.event.event_id,
            topic=recorded.event.topic,
        )
