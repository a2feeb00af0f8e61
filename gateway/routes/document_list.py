"""Lists documents of signals and decisions: by their index, and by a look at what it lists."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from starlette.requests import Request

from gateway.http.caller import caller_of
from gateway.http.limits import MAX_PAGE_ITEMS
from gateway.http.parameters import invalid_parameter
from gateway.http.query import moment
from gateway.routes.intent_filter import first_id_of
from gateway.services import services_of
from gateway.visibility import MAX_PAGES_SEARCHED, visibility
from tradewind.contracts.ids import make_ulid, parse_ulid
from tradewind.readmodels.read_model import ReadModel, ReadModelDocument
from tradewind.readmodels.reader import Page

_NO_ENTROPY = bytes(10)


class OfStrategy(Protocol):
    """A document of a history, and whose it is."""

    @property
    def correlation_id(self) -> str: ...

    @property
    def strategy_id(self) -> str: ...


class Wanted[D: ReadModelDocument](NamedTuple):
    """What documents have to be."""

    read_model: ReadModel[D]
    where: Mapping[str, str | None]
    """Values of fields of its index."""
    fits: Callable[[D], bool] | None
    """What no index tells; None where there is nothing of it."""
    lowest: str | None
    """The id before which every document is too old."""
    highest: str | None
    """The id from which on every document is too new."""


def period(request: Request) -> tuple[datetime | None, datetime | None]:
    """Return `since` and `until` of a request."""
    since, until = moment(request, "since"), moment(request, "until")
    if since is not None and until is not None and until <= since:
        raise invalid_parameter("until", "must be later than since")
    return since, until


def bounds(request: Request) -> tuple[str | None, str | None]:
    """Return the least id that fits `since` and `until`, and the least that does not any more."""
    since, until = period(request)
    return (
        None if since is None else first_id_of(since),
        None if until is None else first_id_of(until),
    )


def ulid_cursor(request: Request) -> str | None:
    """Return the cursor of a list that is sorted by ids."""
    text = request.query_params.get("cursor")
    try:
        return None if text is None else str(parse_ulid(text))
    except ValueError:
        raise invalid_parameter("cursor", "must be the next_cursor of a page") from None


async def listed[D: ReadModelDocument](
    request: Request, wanted: Wanted[D], cursor: str | None, limit: int
) -> Page[D]:
    """Return a page of those documents that fit and that the caller may see, newest first.

    Some thousands are looked at for one page, so it may be short before the last one; then its
    cursor is a time, and never the id of something that the caller may not know of.
    """
    if wanted.highest is not None:
        cursor = wanted.highest if cursor is None else min(cursor, wanted.highest)
    is_exact = wanted.fits is None and caller_of(request).accounts.are_all
    found: list[D] = []
    for _ in range(MAX_PAGES_SEARCHED):
        page = await services_of(request).read_models.page(
            wanted.read_model, wanted.where, cursor, limit + 1 if is_exact else MAX_PAGE_ITEMS
        )
        items = [one for one in page.items if _is_after(wanted, one)]
        fitting = items if wanted.fits is None else list(filter(wanted.fits, items))
        found += await _visible(request, fitting)
        if len(found) > limit:
            last = wanted.read_model.identify(found[limit - 1])
            return Page(items=tuple(found[:limit]), next_cursor=last)
        cursor = page.next_cursor
        if cursor is None or len(items) < len(page.items):
            return Page(items=tuple(found))
    assert cursor is not None
    return _short(wanted, found, cursor)


def _is_after[D: ReadModelDocument](wanted: Wanted[D], document: D) -> bool:
    return wanted.lowest is None or wanted.read_model.identify(document) >= wanted.lowest


async def _visible[D](request: Request, documents: Sequence[D]) -> Sequence[D]:
    accounts = caller_of(request).accounts
    if accounts.are_all:
        return documents
    of_strategies = [one for one in documents if accounts.cover_strategy(_of(one).strategy_id)]
    if "*" in accounts.portfolios:
        return of_strategies
    may_see = await visibility(request, [_of(one).correlation_id for one in of_strategies])
    return [one for one in of_strategies if may_see(_of(one).correlation_id)]


def _of(document: object) -> OfStrategy:
    return document  # type: ignore[return-value]


def _short[D: ReadModelDocument](wanted: Wanted[D], found: Sequence[D], cursor: str) -> Page[D]:
    """Return what was found before the search ended, to be continued by time.

    What is of the last millisecond comes on the next page, so that no page has it twice.
    """
    later = make_ulid(parse_ulid(cursor).milliseconds + 1, _NO_ENTROPY)
    kept = tuple(one for one in found if wanted.read_model.identify(one) >= later)
    return Page(items=kept, next_cursor=later)
