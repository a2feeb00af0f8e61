"""Instruments in memory, as a gateway has them."""

from collections.abc import Sequence
from decimal import Decimal

from tradewind.contracts.instruments.registry import InstrumentDocument, instrument_of_pair
from tradewind.trading.instruments.declared import DeclaredInstruments, registration
from tradewind.trading.instruments.file import declared_instruments
from tradewind.trading.instruments.registry import InstrumentRegistry
from tradewind.trading.instruments.store import document_of

KEY, ALIAS = "ethereum-WETH-USDC", "ETH-USD"
UNREGISTERED = "ethereum-DAI-WETH"


class MemoryInstruments:
    """Three that are registered, one with bounds; other pairs of tokens are as declared."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self._declared = declared_instruments(None, None)
        names = ("ethereum-LINK-WETH", "ethereum-WBTC-USDC")
        found = [self._declared.instrument_of(name) for name in names]
        bounded = _bounded(self._declared)
        self._registry = InstrumentRegistry(self._declared, [bounded, *filter(None, found)])
        self._keys = sorted((*names, KEY))

    async def page(self, after: str | None, limit: int) -> Sequence[InstrumentDocument]:
        self._check()
        keys = [key for key in self._keys if after is None or key > after]
        return [one for key in keys[:limit] if (one := await self.one(key))]

    async def one(self, name: str) -> InstrumentDocument | None:
        self._check()
        found = self._registry.resolve(name)
        if found is None:
            return None
        if found.key not in self._keys:
            return document_of(found, None)
        event = registration(found, self._declared.registered_at)
        return document_of(event.payload.instrument, event)

    def _check(self) -> None:
        if self.error is not None:
            raise self.error


def _bounded(declared: DeclaredInstruments) -> InstrumentDocument:
    plain = declared.instrument_of(KEY)
    assert plain is not None
    terms = plain.terms.model_copy(update={"max_notional_usd": Decimal(5_000)})
    return document_of(instrument_of_pair(plain.base, plain.quote, terms, (ALIAS,)), None)
