"""The pairs that may be traded and their bounds, for programs that wait."""

from collections.abc import Iterator

from tradewind_client import instrument_calls
from tradewind_client.instrument_calls import DISABLED, ENABLED, REDUCE_ONLY, Bounds
from tradewind_client.pages import Sender, each
from tradewind_client.rest_models import InstrumentDocument


class Instruments:
    """The registry of instruments. Changing it needs the scope `admin`, for all accounts."""

    def __init__(self, client: Sender) -> None:
        self._client = client

    def list(self) -> Iterator[InstrumentDocument]:
        """Yield what is registered, by key, page after page."""
        return each(self._client, lambda cursor: instrument_calls.list_instruments(cursor))

    def get(self, name: str) -> InstrumentDocument:
        """Return the instrument of a key or of an alias."""
        return self._client.send(instrument_calls.show_instrument(name))

    def register(
        self, base: str, quote: str, *, chain: str | None = None, **bounds: Bounds
    ) -> InstrumentDocument:
        """Register a pair of token symbols, within bounds such as `lot="0.1"`.

        Conflict where it is registered with others. It is safe to ask again.
        """
        return self._client.send(instrument_calls.register_instrument(base, quote, chain, bounds))

    def update(
        self, name: str, *, version: int | None = None, **bounds: Bounds
    ) -> InstrumentDocument:
        """Change what is said of an instrument; what is not named stays, None takes it away.

        Conflict where somebody changed it at the same moment, or where it has another version than
        the given one. It is safe to ask again.
        """
        return self._client.send(instrument_calls.change_instrument(name, bounds, version))

    def enable(self, name: str, *, version: int | None = None) -> InstrumentDocument:
        """Let it be traded."""
        return self.update(name, version=version, status=ENABLED)

    def disable(self, name: str, *, version: int | None = None) -> InstrumentDocument:
        """Refuse every new intent for it."""
        return self.update(name, version=version, status=DISABLED)

    def reduce_only(self, name: str, *, version: int | None = None) -> InstrumentDocument:
        """Take only intents that make a position smaller."""
        return self.update(name, version=version, status=REDUCE_ONLY)
