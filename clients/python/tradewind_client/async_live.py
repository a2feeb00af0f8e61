"""What was traded and what was refused, for programs that await."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Protocol

from tradewind_client import live_calls
from tradewind_client.calls import Call
from tradewind_client.rest_models import BlockEvent, BlockReasons, Fill


class AsyncSender(Protocol):
    """Sends a call and returns its result."""

    async def send[T](self, call: Call[T]) -> T: ...


class AsyncLive:
    """All portfolios that the key is about, or those of the filters."""

    def __init__(self, client: AsyncSender) -> None:
        self._client = client

    async def fills(
        self,
        *,
        portfolio_id: str | None = None,
        strategy_id: str | None = None,
        instrument: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> AsyncIterator[Fill]:
        """Yield fills, newest first, page after page."""
        query = live_calls.filters(portfolio_id, strategy_id, instrument, since, until)
        cursor: str | int | None = None
        while True:
            page = await self._client.send(live_calls.list_fills(query | {"cursor": cursor}))
            for one in page.items:
                yield one
            if (cursor := page.next_cursor) is None:
                return

    async def blocks(
        self,
        *,
        reason: str | None = None,
        portfolio_id: str | None = None,
        strategy_id: str | None = None,
        instrument: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> AsyncIterator[BlockEvent]:
        """Yield what was refused, newest first, page after page."""
        query = live_calls.filters(portfolio_id, strategy_id, instrument, since, until)
        cursor: str | int | None = None
        while True:
            call = live_calls.list_blocks(query | {"reason": reason, "cursor": cursor})
            page = await self._client.send(call)
            for one in page.items:
                yield one
            if (cursor := page.next_cursor) is None:
                return

    async def block_reasons(
        self,
        *,
        portfolio_id: str | None = None,
        strategy_id: str | None = None,
        instrument: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> BlockReasons:
        """Return how often each rule refused something, in the last day unless told otherwise."""
        query = live_calls.filters(portfolio_id, strategy_id, instrument, since, until)
        return await self._client.send(live_calls.count_block_reasons(query))
