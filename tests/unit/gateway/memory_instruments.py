"""Instruments in memory, as a gateway has them."""

from collections.abc import Sequence
from decimal import Decimal

from tradewind.contracts.envelope import next_events
from tradewind.contracts.instruments.changes import InstrumentChange, InstrumentRegistration
from tradewind.contracts.instruments.payloads import InstrumentUpdated
from tradewind.contracts.instruments.registry import Instrument, InstrumentDocument
from tradewind.trading.instruments.declared import registration
from tradewind.trading.instruments.file import declared_instruments
from tradewind.trading.instruments.registrar import (
    Signature,
    changed_instrument,
    is_same,
    wanted_instrument,
)
from tradewind.trading.instruments.registry import InstrumentRegistry
from tradewind.trading.instruments.store import (
    InstrumentEvent,
    InstrumentExists,
    InstrumentUnknown,
    RegisteredInstrument,
    document_of,
)

KEY, ALIAS = "ethereum-WETH-USDC", "ETH-USD"
UNREGISTERED = "ethereum-DAI-WETH"


class MemoryInstruments:
    """Three that are registered, one with bounds; other pairs of tokens are as declared."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self._declared = declared_instruments(None, None)
        self.events: dict[str, InstrumentEvent] = {}
        bounds = {"max_notional_usd": Decimal(5_000), "aliases": (ALIAS,)}
        for key, said in ((KEY, bounds), ("ethereum-LINK-WETH", {}), ("ethereum-WBTC-USDC", {})):
            plain = self._declared.instrument_of(key)
            assert plain is not None
            instrument = Instrument.model_validate(plain.said | said)
            self.events[key] = registration(instrument, self._declared.registered_at)

    async def page(self, after: str | None, limit: int) -> Sequence[InstrumentDocument]:
        self._check()
        keys = sorted(key for key in self.events if after is None or key > after)
        return [one for key in keys[:limit] if (one := await self.one(key))]

    async def one(self, name: str) -> InstrumentDocument | None:
        self._check()
        registered = (one.payload.instrument for one in self.events.values())
        found = InstrumentRegistry(self._declared, registered).resolve(name)
        return None if found is None else document_of(found, self.events.get(found.key))

    async def register(
        self, wanted: InstrumentRegistration, signature: Signature
    ) -> InstrumentDocument:
        self._check()
        instrument = wanted_instrument(wanted, self._declared.tokens)
        present = self.events.get(instrument.key)
        if present is not None and is_same(present.payload.instrument, instrument):
            return document_of(present.payload.instrument, present)
        if present is not None:
            raise InstrumentExists(f"{instrument.key} is registered already")
        event = registration(instrument, signature.at, signature.producer, signature.by)
        self.events[instrument.key] = event
        return document_of(event.payload.instrument, event)

    async def change(
        self,
        name: str,
        wanted: InstrumentChange,
        signature: Signature,
        expected_version: int | None = None,
    ) -> InstrumentDocument:
        self._check()
        found = await self.one(name)
        event = None if found is None else self.events.get(found.key)
        if event is None:
            raise InstrumentUnknown(f"{name} is not registered")
        before = RegisteredInstrument(event.payload.instrument, event)
        after = changed_instrument(before, wanted, signature.by, expected_version)
        if after is not None:
            after = after.model_copy(update={"version": event.sequence + 1})
            payload = InstrumentUpdated(instrument=after, changed_by=signature.by)
            (event,) = next_events(event, [payload], producer=signature.producer, at=signature.at)
            self.events[after.key] = event
        return document_of(event.payload.instrument, event)

    def _check(self) -> None:
        if self.error is not None:
            raise self.error
