"""Keeps the objects of accounts that a key is not about out of its answers, as if there were none.

What tells them apart is the strategy of a document, and the portfolio in the first event of its
history. It is looked up for those keys alone that are about some portfolios only.
"""

from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from starlette.requests import Request

from gateway.http.caller import Accounts, caller_of
from gateway.http.limits import MAX_PAGE_ITEMS
from gateway.services import services_of
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.ids import make_ulid, parse_ulid
from tradewind.contracts.intents.payloads import IntentSubmitted
from tradewind.readmodels.models.intent import IntentDocument
from tradewind.readmodels.reader import Page

MAX_PAGES_SEARCHED: Final = 10
"""How many pages of others' intents are passed over before a page is short."""
_NO_ENTROPY: Final = bytes(10)

type Fetch = Callable[[str | None, int], Awaitable[Page[IntentDocument]]]


class History(Protocol):
    """A document that belongs to a history."""

    @property
    def correlation_id(self) -> str: ...


async def is_covered(request: Request, document: History, strategy_id: str) -> bool:
    """Return whether the caller may see a document of this strategy."""
    accounts = caller_of(request).accounts
    if not accounts.cover_strategy(strategy_id):
        return False
    return "*" in accounts.portfolios or await is_history_covered(request, document.correlation_id)


async def is_history_covered(request: Request, correlation_id: str) -> bool:
    """Return whether the caller may see a history that the ledger has."""
    accounts = caller_of(request).accounts
    if accounts.are_all:
        return True
    recorded = await services_of(request).history.history(correlation_id, 0, 1)
    return bool(recorded) and is_opening_covered(accounts, recorded[0].event)


def is_opening_covered(accounts: Accounts, opening: AnyEvent) -> bool:
    """Return whether accounts cover the history that an event opens."""
    if accounts.are_all:
        return True
    payload = opening.payload
    strategy_id = payload.intent.strategy_id if isinstance(payload, IntentSubmitted) else ""
    return accounts.cover(strategy_id, opening.key.portfolio)


async def are_positions_covered(request: Request, strategy_id: str) -> bool:
    """Return whether the caller may see what a strategy holds, in all its portfolios together."""
    accounts = caller_of(request).accounts
    if not accounts.cover_strategy(strategy_id):
        return False
    if "*" in accounts.portfolios:
        return True
    portfolios = await services_of(request).history.portfolios_of_strategy(strategy_id)
    return all(accounts.cover(strategy_id, portfolio) for portfolio in portfolios)


async def covered_page(
    request: Request, fetch: Fetch, cursor: str | None, limit: int
) -> Page[IntentDocument]:
    """Return a page of what the caller may see; `fetch` returns pages of everything.

    A cursor is never the id of an intent that the caller may not know of.
    """
    if caller_of(request).accounts.are_all:
        return await fetch(cursor, limit)
    found: list[IntentDocument] = []
    for _ in range(MAX_PAGES_SEARCHED):
        page = await fetch(cursor, MAX_PAGE_ITEMS)
        for one in page.items:
            if await is_covered(request, one, one.summary.strategy_id):
                found.append(one)
        if len(found) > limit:
            return Page(items=tuple(found[:limit]), next_cursor=found[limit - 1].intent_id)
        cursor = page.next_cursor
        if cursor is None:
            return Page(items=tuple(found))
    return _short_page(found, cursor)


def _short_page(found: list[IntentDocument], cursor: str | None) -> Page[IntentDocument]:
    """Return what was found before the search ended, to be continued by time.

    What is of the last millisecond comes on the next page, so that no page has it twice.
    """
    assert cursor is not None
    later = make_ulid(parse_ulid(cursor).milliseconds + 1, _NO_ENTROPY)
    return Page(items=tuple(one for one in found if one.intent_id >= later), next_cursor=later)
