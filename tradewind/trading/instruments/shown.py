"""The registry of instruments as it is shown to those who ask for it."""

from collections.abc import Sequence

from tradewind.contracts.instruments.registry import InstrumentDocument
from tradewind.postgres import Pool
from tradewind.trading.instruments.declared import DeclaredInstruments
from tradewind.trading.instruments.registry import InstrumentRegistry
from tradewind.trading.instruments.store import (
    RegisteredInstrument,
    document_of,
    read_digest,
    read_registered,
)


class ShownInstruments:
    """Reads the table when it changed; DatabaseUnavailable while it cannot be asked."""

    def __init__(self, pool: Pool, declared: DeclaredInstruments) -> None:
        self._pool = pool
        self._registry = InstrumentRegistry(declared)
        self._registered: dict[str, RegisteredInstrument] = {}
        self._digest = ""

    async def page(self, after: str | None, limit: int) -> Sequence[InstrumentDocument]:
        """Return what is registered, by key, beyond a key."""
        await self._refresh()
        keys = sorted(key for key in self._registered if after is None or key > after)
        found = ((self._registry.instrument_of(key), key) for key in keys[:limit])
        return [
            document_of(instrument, self._registered[key].event)
            for instrument, key in found
            if instrument is not None
        ]

    async def one(self, name: str) -> InstrumentDocument | None:
        """Return the instrument of a key or an alias; None where the pair is not one."""
        await self._refresh()
        found = self._registry.resolve(name)
        if found is None:
            return None
        registered = self._registered.get(found.key)
        return document_of(found, None if registered is None else registered.event)

    async def _refresh(self) -> None:
        digest = await read_digest(self._pool)
        if digest != self._digest:
            self._registered = await read_registered(self._pool)
            self._registry.replace(one.instrument for one in self._registered.values())
            self._digest = digest
