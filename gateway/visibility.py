"""Keeps from a caller what belongs to accounts that its key is not about, as if there were none.

Whose a history is stands in its first event: the strategy of the intent, and the portfolio. It is
looked up for those keys alone that are about some accounts only.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import timedelta
from typing import Final, Protocol

from starlette.requests import Request

from gateway.http.caller import Accounts, caller_of
from gateway.http.limits import MAX_PAGE_ITEMS
from gateway.http.query import cut
from gateway.services import services_of
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.ids import make_ulid, parse_ulid
from tradewind.contracts.intents.payloads import IntentSubmitted
from tradewind.contracts.signals.payloads import SignalReceived
from tradewind.ledger.upkeep.place import Place
from tradewind.readmodels.models.intent import IntentDocument
from tradewind.readmodels.reader import Page
from tradewind.trading.portfolios.reader import Seen

MAX_PAGES_SEARCHED: Final = 10
"""How many pages of others' things are passed over before a page is short."""
BEHIND_ALL_NAMES: Final = "~"
_MICROSECOND: Final = timedelta(microseconds=1)
_NO_ENTROPY: Final = bytes(10)
_SPECIAL: Final = re.compile(r"[\\_%]")
"""What LIKE takes for something else than itself."""
_WILDCARDS: Final = str.maketrans("*?", "%_")

type MaySee = Callable[[str | None], bool]
"""Says of a correlation whether the caller may see what is of it; None where it is not known."""
type FetchIntents = Callable[[str | None, int], Awaitable[Page[IntentDocument]]]


class Listed(Protocol):
    """Something in a list that is sorted by time."""

    @property
    def place(self) -> Place: ...

    @property
    def correlation_id(self) -> str | None: ...


class OfHistory(Protocol):
    """A document that belongs to a history."""

    @property
    def correlation_id(self) -> str: ...


async def visibility(request: Request, correlation_ids: Iterable[str | None]) -> MaySee:
    """Return whether the caller may see each of these correlations.

    What has no owner, such as an observation of the market, is seen by keys for all accounts only.
    """
    accounts = caller_of(request).accounts
    if accounts.are_all:
        return lambda _: True
    names = {name for name in correlation_ids if name is not None}
    owners = await services_of(request).records.owners.of(names)
    covered = {name for name, owner in owners.items() if accounts.cover(*owner)}
    return lambda name: name in covered


async def is_history_covered(request: Request, correlation_id: str) -> bool:
    """Return whether the caller may see a history that the ledger has."""
    return (await visibility(request, [correlation_id]))(correlation_id)


async def is_covered(request: Request, document: OfHistory, strategy_id: str) -> bool:
    """Return whether the caller may see a document of this strategy."""
    accounts = caller_of(request).accounts
    if not accounts.cover_strategy(strategy_id):
        return False
    return "*" in accounts.portfolios or await is_history_covered(request, document.correlation_id)


def is_opening_covered(accounts: Accounts, opening: AnyEvent) -> bool:
    """Return whether accounts cover the history that an event opens."""
    if accounts.are_all:
        return True
    payload, strategy_id = opening.payload, ""
    if isinstance(payload, IntentSubmitted):
        strategy_id = payload.intent.strategy_id
    elif isinstance(payload, SignalReceived):
        strategy_id = payload.terms.strategy_id
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


async def visible_page[T: Listed](
    request: Request,
    fetch: Callable[[Place, int], Awaitable[Sequence[T]]],
    start: Place,
    limit: int,
    *,
    oldest_first: bool,
) -> tuple[Sequence[T], Place | None]:
    """Return what the caller may see of a list beyond a place, and where the next page goes on.

    That is never the place of something the caller may not know of: a page that is short names a
    time only.
    """
    if caller_of(request).accounts.are_all:
        page, last = cut(await fetch(start, limit + 1), limit)
        return page, last and last.place
    found: list[T] = []
    place = start
    for _ in range(MAX_PAGES_SEARCHED):
        page, last = cut(await fetch(place, MAX_PAGE_ITEMS + 1), MAX_PAGE_ITEMS)
        may_see = await visibility(request, [one.correlation_id for one in page])
        found += [one for one in page if may_see(one.correlation_id)]
        if len(found) > limit:
            return found[:limit], found[limit - 1].place
        if last is None:
            return found, None
        place = last.place
    return _short_page(found, place, start, oldest_first=oldest_first)


def _short_page[T: Listed](
    found: Sequence[T], reached: Place, start: Place, *, oldest_first: bool
) -> tuple[Sequence[T], Place]:
    """Return what was found before the time that was reached; what is of that time comes next."""
    name, step = ("", _MICROSECOND) if oldest_first else (BEHIND_ALL_NAMES, -_MICROSECOND)
    following = Place(reached.at, name)
    if following == start:
        following = Place(reached.at + step, name)
    return [one for one in found if (one.place < following) == oldest_first], following


async def visible_intents(
    request: Request,
    fetch: FetchIntents,
    cursor: str | None,
    limit: int,
    fits: Callable[[IntentDocument], bool] | None = None,
) -> Page[IntentDocument]:
    """Return a page of the intents that the caller may see; `fetch` returns pages of all.

    With `fits` they are those that fit. A cursor is never the id of an intent that the caller may
    not know of.
    """
    if caller_of(request).accounts.are_all and fits is None:
        return await fetch(cursor, limit)
    found: list[IntentDocument] = []
    for _ in range(MAX_PAGES_SEARCHED):
        page = await fetch(cursor, MAX_PAGE_ITEMS)
        found += await _visible(request, filter(fits, page.items))
        if len(found) > limit:
            return Page(items=tuple(found[:limit]), next_cursor=found[limit - 1].intent_id)
        cursor = page.next_cursor
        if cursor is None:
            return Page(items=tuple(found))
    return _short_page_of_intents(found, cursor)


async def _visible(request: Request, intents: Iterable[IntentDocument]) -> Sequence[IntentDocument]:
    """Return those that the caller may see; an intent names its strategy, not its portfolio."""
    accounts = caller_of(request).accounts
    if accounts.are_all:
        return [*intents]
    of_strategies = [one for one in intents if accounts.cover_strategy(one.summary.strategy_id)]
    if "*" in accounts.portfolios:
        return of_strategies
    may_see = await visibility(request, [one.correlation_id for one in of_strategies])
    return [one for one in of_strategies if may_see(one.correlation_id)]


def _short_page_of_intents(
    found: Sequence[IntentDocument], cursor: str | None
) -> Page[IntentDocument]:
    """Return what was found before the search ended, to be continued by time.

    What is of the last millisecond comes on the next page, so that no page has it twice.
    """
    assert cursor is not None
    later = make_ulid(parse_ulid(cursor).milliseconds + 1, _NO_ENTROPY)
    return Page(items=tuple(one for one in found if one.intent_id >= later), next_cursor=later)


def like_patterns(patterns: Sequence[str]) -> Sequence[str] | None:
    """Return patterns of accounts as SQL's LIKE has them; None when one of them covers all."""
    if "*" in patterns:
        return None
    return [_SPECIAL.sub(r"\\\g<0>", one).translate(_WILDCARDS) for one in patterns]


def seen_portfolios(request: Request) -> Seen:
    """Return which portfolios the caller sees: those that only its strategies trade for."""
    accounts = caller_of(request).accounts
    return Seen(like_patterns(accounts.portfolios), like_patterns(accounts.strategies))
