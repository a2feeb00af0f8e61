"""Collects searches for the session's key; a fixture that starts a server adds one for it."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

type Search = Callable[[], Coroutine[Any, Any, list[str]]]


class KeySearches:
    """The searches still to be made; each is made once, while its servers run."""

    def __init__(self) -> None:
        """Start without a search."""
        self._searches: list[Search] = []
        self.was_anything_started = False

    def add(self, search: Search) -> None:
        """Add a search of what was started just now."""
        self._searches.append(search)
        self.was_anything_started = True

    async def found(self) -> list[str]:
        """Make every search that is left; return where the key was found."""
        searches, self._searches = self._searches, []
        return [place for search in searches for place in await search()]

    @contextmanager
    def until_stopped(self, search: Search) -> Iterator[None]:
        """Add a search, and make it at the end of the block unless it was made before."""
        self.add(search)
        yield
        if search in self._searches:
            self._searches.remove(search)
            assert asyncio.run(search()) == []
