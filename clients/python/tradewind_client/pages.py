"""Goes through lists page after page, for programs that wait and for those that await."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Protocol

from pydantic import BaseModel

from tradewind_client.calls import Call
from tradewind_client.resources import Page

type Cursor = str | int | None
type AskPage[M: BaseModel] = Callable[[Cursor], Call[Page[M]]]
"""Returns the call for the page at a cursor; None is the first."""


class Sender(Protocol):
    """Sends a call and returns its result."""

    def send[T](self, call: Call[T]) -> T: ...


class AsyncSender(Protocol):
    """Sends a call and returns its result."""

    async def send[T](self, call: Call[T]) -> T: ...


def each[M: BaseModel](client: Sender, ask: AskPage[M]) -> Iterator[M]:
    """Yield what is on all pages; the next one is asked for when the one before is used up."""
    cursor: Cursor = None
    while True:
        page = client.send(ask(cursor))
        yield from page.items
        if (cursor := page.next_cursor) is None:
            return


async def each_awaited[M: BaseModel](client: AsyncSender, ask: AskPage[M]) -> AsyncIterator[M]:
    """Yield what is on all pages; the next one is asked for when the one before is used up."""
    cursor: Cursor = None
    while True:
        page = await client.send(ask(cursor))
        for one in page.items:
            yield one
        if (cursor := page.next_cursor) is None:
            return
