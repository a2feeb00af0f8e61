"""The pairs that may be traded and their bounds, for programs that wait."""

from collections.abc import Iterator
from typing import Protocol

from tradewind_client import instrument_calls
from tradewind_client.calls import Call
from tradewind_client.rest_models import InstrumentDocument


class Sender(Protocol):
    """Sends a call and returns its result."""

    def send[T](self, call: Call[T]) -> T: ...


class Instruments:
    """The registry of instruments."""

    def __init__(self, client: Sender) -> None:
        self._client = client

    def list(self) -> Iterator[InstrumentDocument]:
        """Yield what is registered, by key, page after page."""
        cursor: str | int | None = None
        while True:
            page = self._client.send(instrument_calls.list_instruments(cursor))
            yield from page.items
            if (cursor := page.next_cursor) is None:
                return

    def get(self, name: str) -> InstrumentDocument:
        """Return the instrument of a key or of an alias."""
        return self._client.send(instrument_calls.show_instrument(name))
