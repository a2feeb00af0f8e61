"""Keeps decisions about intents: the row of each, with the next version of its portfolio."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from tradewind.contracts.envelope import AnyEvent, Event
from tradewind.contracts.risk.payloads import RiskScreened
from tradewind.postgres import Connection
from tradewind.runtime.decisions import Decision, carrying, decision_of, to_lines
from tradewind.runtime.publisher import check_size
from tradewind.trading.book.allocation import Standing, decided, moved_budget
from tradewind.trading.book.grounds import Situation
from tradewind.trading.book.queries import QUERIES
from tradewind.trading.book.records import Allocation, PortfolioRow
from tradewind.trading.book.terms import terms_of

_KEEP: Final = QUERIES["keep_decision"]


class Proposal(NamedTuple):
    """A decision on a portfolio as it was read, and the row that keeps it."""

    portfolio: PortfolioRow
    decision: Decision
    row: Allocation


def standing_of(portfolio: PortfolioRow, found: Situation) -> Standing:
    """Return the book in which a decision about an intent is kept."""
    incarnation = found.observed.incarnation
    return Standing(portfolio.portfolio_id, incarnation, portfolio.version, portfolio.day)


def proposal_of(
    event: Event[RiskScreened],
    events: Sequence[AnyEvent],
    found: Situation,
    portfolio: PortfolioRow,
) -> Proposal:
    """Return the decision that these events are; PublishTooLarge where no broker could store it."""
    decision = decision_of(events)
    for one in decision:
        check_size(one)
    terms, standing = terms_of(event.payload), standing_of(portfolio, found)
    row = decided(events[0], events[-1], terms, standing, to_lines(decision))
    return Proposal(portfolio, carrying(decision, found.observed.token), row)


async def keep(connection: Connection, rows: Sequence[tuple[PortfolioRow, Allocation]]) -> set[str]:
    """Keep decisions on portfolios in one commit; return the intents of those that are kept.

    One is not, and nothing of it is, unless its portfolio is free and as it was read.
    """
    arguments = [
        (*row, *moved_budget(portfolio.day, portfolio.day_notional_usd, None, row))
        for portfolio, row in rows
    ]
    return {intent_id for (intent_id,) in await connection.fetchmany(_KEEP, arguments)}


async def keep_locked(connection: Connection, portfolio: PortfolioRow, row: Allocation) -> None:
    """Keep a decision on a portfolio whose lock the caller has."""
    if not await keep(connection, [(portfolio, row)]):
        raise AssertionError(f"portfolio {portfolio.portfolio_id} changed under its lock")
