"""The pairs that may be traded and their bounds, for programs that await."""

from collections.abc import AsyncIterator

from tradewind_client import instrument_calls
from tradewind_client.instrument_calls import DISABLED, ENABLED, REDUCE_ONLY, Bounds
from tradewind_client.pages import AsyncSender, each_awaited
from tradewind_client.rest_models import InstrumentDocument


class AsyncInstruments:
    """The registry of instruments. Changing it needs the scope `admin`, for all accounts."""

    def __init__(self, client: AsyncSender) -> None:
        self._client = client

    def list(self) -> AsyncIterator[InstrumentDocument]:
        """Yield what is registered, by key, page after page."""
        return each_awaited(self._client, lambda cursor: instrument_calls.list_instruments(cursor))

    async def get(self, name: str) -> InstrumentDocument:
        """Return the instrument of a key or of an alias."""
        return await self._client.send(instrument_calls.show_instrument(name))

    async def register(
        self, base: str, quote: str, *, chain: str | None = None, **bounds: Bounds
    ) -> InstrumentDocument:
        """Register a pair of token symbols, within bounds such as `lot="0.1"`.

        Conflict where it is registered with others. It is safe to ask again.
        """
        return await self._client.send(
            instrument_calls.register_instrument(base, quote, chain, bounds)
        )

    async def update(
        self, name: str, *, version: int | None = None, **bounds: Bounds
    ) -> InstrumentDocument:
        """Change what is said of an instrument; what is not named stays, None takes it away.

        Conflict where somebody changed it at the same moment, or where it has another version than
        the given one. It is safe to ask again.
        """
        return await self._client.send(instrument_calls.change_instrument(name, bounds, version))

    async def enable(self, name: str, *, version: int | None = None) -> InstrumentDocument:
        """Let it be traded."""
        return await self.update(name, version=version, status=ENABLED)

    async def disable(self, name: str, *, version: int | None = None) -> InstrumentDocument:
        """Refuse every new intent for it."""
        return await self.update(name, version=version, status=DISABLED)

    async def reduce_only(self, name: str, *, version: int | None = None) -> InstrumentDocument:
        """Take only intents that make a position smaller."""
        return await self.update(name, version=version, status=REDUCE_ONLY)
