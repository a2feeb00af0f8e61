"""What was traded and what was refused, for programs that wait."""

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from tradewind_client import live_calls
from tradewind_client.calls import Call
from tradewind_client.rest_models import BlockEvent, BlockReasons, Fill


class Sender(Protocol):
    """Sends a call and returns its result."""

    def send[T](self, call: Call[T]) -> T: ...


class Live:
    """All portfolios that the key is about, or those of the filters."""

    def __init__(self, client: Sender) -> None:
        self._client = client

    def fills(
        self,
        *,
        portfolio_id: str | None = None,
        strategy_id: str | None = None,
        instrument: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Iterator[Fill]:
        """Yield fills, newest first, page after page."""
        query = live_calls.filters(portfolio_id, strategy_id, instrument, since, until)
        cursor: str | int | None = None
        while True:
            page = self._client.send(live_calls.list_fills(query | {"cursor": cursor}))
            yield from page.items
            if (cursor := page.next_cursor) is None:
                return

    def blocks(
        self,
        *,
        reason: str | None = None,
        portfolio_id: str | None = None,
        strategy_id: str | None = None,
        instrument: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Iterator[BlockEvent]:
        """Yield what was refused, newest first, page after page."""
        query = live_calls.filters(portfolio_id, strategy_id, instrument, since, until)
        cursor: str | int | None = None
        while True:
            call = live_calls.list_blocks(query | {"reason": reason, "cursor": cursor})
            page = self._client.send(call)
            yield from page.items
            if (cursor := page.next_cursor) is None:
                return

    def block_reasons(
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
        return self._client.send(live_calls.count_block_reasons(query))
