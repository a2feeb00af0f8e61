"""Keeps from a caller what belongs to accounts that its key is not about."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import timedelta
from typing import Final, Protocol

from starlette.requests import Request

from gateway.http.caller import caller_of
from gateway.http.limits import MAX_PAGE_ITEMS
from gateway.http.query import cut
from gateway.services import services_of
from tradewind.ledger.upkeep.place import Place

MAX_PAGES_SEARCHED: Final = 10
"""How many pages of others' things are passed over before a page is short."""
BEHIND_ALL_NAMES: Final = "~"
_MICROSECOND: Final = timedelta(microseconds=1)

type MaySee = Callable[[str | None], bool]
"""Says of a correlation whether the caller may see what is of it; None where it is not known."""


class Listed(Protocol):
    """Something in a list that is sorted by time."""

    @property
    def place(self) -> Place: ...

    @property
    def correlation_id(self) -> str | None: ...


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
