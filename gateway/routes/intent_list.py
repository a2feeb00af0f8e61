"""Lists intents by filters: by the indexes of the read models, and by a look at what they list."""

from typing import Final, NamedTuple

from starlette.requests import Request

from gateway.http.caller import caller_of
from gateway.ports import ReadModels
from gateway.routes.intent_filter import IntentFilter
from gateway.visibility import visible_intents
from tradewind.readmodels.models.intent import INTENT, IntentDocument
from tradewind.readmodels.reader import Page

_PATTERN_CHARACTERS: Final = frozenset("*?[")


class FoundIntents(NamedTuple):
    """A page of intents, and how many there are on all pages; None where that is not known."""

    page: Page[IntentDocument]
    total: int | None


class IntentList:
    """The intents that fit a filter, newest first."""

    def __init__(self, read_models: ReadModels, wanted: IntentFilter) -> None:
        self._read_models = read_models
        self._wanted = wanted

    async def page(self, request: Request, cursor: str | None, limit: int) -> FoundIntents:
        """Return a page of those that the caller may see."""
        fits = None if self._wanted.is_indexed else self._wanted.fits
        is_exact = fits is None and caller_of(request).accounts.are_all
        fetch = self._fetch if is_exact else self._fetch_shared
        page = await visible_intents(request, fetch, cursor, limit, fits)
        return FoundIntents(page, await self._total(request))

    async def _fetch_shared(self, cursor: str | None, limit: int) -> Page[IntentDocument]:
        """Return a page for which no more is read of many states than of one."""
        return await self._fetch(cursor, limit, -(-limit // max(1, len(self._wanted.states))))

    async def _fetch(
        self, cursor: str | None, limit: int, of_each: int | None = None
    ) -> Page[IntentDocument]:
        """Return a page of what the indexes list, within the filter's times."""
        highest, lowest = self._wanted.highest, self._wanted.lowest
        if highest is not None:
            cursor = highest if cursor is None else min(cursor, highest)
        page = await self._listed(cursor, limit, of_each or limit)
        if lowest is None:
            return page
        items = tuple(one for one in page.items if one.intent_id >= lowest)
        following = page.next_cursor
        is_last = following is None or following < lowest or len(items) < len(page.items)
        return Page(items=items, next_cursor=None if is_last else following)

    async def _listed(self, cursor: str | None, limit: int, of_each: int) -> Page[IntentDocument]:
        pages = [
            await self._read_models.page(
                INTENT,
                {"state": state, "strategy_id": self._wanted.strategy_id},
                cursor=cursor,
                limit=of_each,
            )
            for state in self._wanted.states or (None,)
        ]
        return pages[0] if len(pages) == 1 else _merged(pages, limit)

    async def _total(self, request: Request) -> int | None:
        wanted = self._wanted
        strategies = _counted_strategies(request, wanted.strategy_id)
        if not wanted.is_indexed or strategies is None:
            return None
        where = [
            {"state": state, "strategy_id": strategy_id}
            for state in wanted.states or (None,)
            for strategy_id in strategies
        ]
        return await self._read_models.count(INTENT, where, wanted.lowest, wanted.highest)


def _merged(pages: list[Page[IntentDocument]], limit: int) -> Page[IntentDocument]:
    """Return the newest of several lists, down to where the first of them was cut off."""
    ends = [page.next_cursor for page in pages if page.next_cursor is not None]
    lowest = max(ends, default="")
    found = sorted(
        (one for page in pages for one in page.items if one.intent_id >= lowest),
        key=lambda one: one.intent_id,
        reverse=True,
    )
    if len(found) > limit:
        return Page(items=tuple(found[:limit]), next_cursor=found[limit - 1].intent_id)
    return Page(items=tuple(found), next_cursor=lowest or None)


def _counted_strategies(request: Request, strategy_id: str | None) -> list[str | None] | None:
    """Return the strategies whose intents are counted; None where no index tells them apart."""
    accounts = caller_of(request).accounts
    if accounts.are_all:
        return [strategy_id]
    if "*" not in accounts.portfolios:
        return None
    if strategy_id is not None:
        return [strategy_id] if accounts.cover_strategy(strategy_id) else []
    if any(_PATTERN_CHARACTERS & set(one) for one in accounts.strategies):
        return None
    return [*dict.fromkeys(accounts.strategies)]
