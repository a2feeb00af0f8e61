"""The pairs that may be traded and their bounds, for programs that await."""

from collections.abc import AsyncIterator
from typing import Protocol

from tradewind_client import instrument_calls
from tradewind_client.calls import Call
from tradewind_client.rest_models import InstrumentDocument


class AsyncSender(Protocol):
    """Sends a call and returns its result."""

    async def send[T](self, call: Call[T]) -> T: ...


class AsyncInstruments:
    """The registry of instruments."""

    def __init__(self, client: AsyncSender) -> None:
        self._client = client

    async def list(self) -> AsyncIterator[InstrumentDocument]:
        """Yield what is registered, by key, page after page."""
        cursor: str | int | None = None
        while True:
            page = await self._client.send(instrument_calls.list_instruments(cursor))
            for one in page.items:
                yield one
            if (cursor := page.next_cursor) is None:
                return

    async def get(self, name: str) -> InstrumentDocument:
        """Return the instrument of a key or of an alias."""
        return await self._client.send(instrument_calls.show_instrument(name))
