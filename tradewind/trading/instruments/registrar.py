"""Registers and changes instruments, for an operator at a command line or a client of the API."""

from datetime import datetime
from typing import Final, NamedTuple

from pydantic import ValidationError

from tradewind.contracts.envelope import describe
from tradewind.contracts.instruments.assets import Asset, instrument_key
from tradewind.contracts.instruments.changes import InstrumentChange, InstrumentRegistration
from tradewind.contracts.instruments.registry import Instrument, InstrumentDocument
from tradewind.errors import PermanentError
from tradewind.postgres import Pool
from tradewind.trading.instruments.store import (
    InstrumentExists,
    InstrumentUnknown,
    RegisteredInstrument,
    change,
    changer_of,
    conflict_with,
    document_of,
    read_registered,
    read_version_in_force,
    register,
)
from tradewind.trading.tokens import TokenRegistry

UNVERSIONED: Final = {"version": 0}


class InstrumentInvalid(PermanentError):
    """What an instrument would be contradicts itself. The message names the field."""

    code = "INSTRUMENT_INVALID"


class Signature(NamedTuple):
    """Who says it, by which program, and when."""

    by: str
    producer: str
    at: datetime


class InstrumentRegistrar:
    """Any number of processes may. Every method raises DatabaseUnavailable when it is not certain.

    Asking for what is so already changes nothing, so whoever lost an answer may ask again.
    """

    def __init__(self, pool: Pool, tokens: TokenRegistry) -> None:
        self._pool = pool
        self._tokens = tokens

    async def register(
        self, wanted: InstrumentRegistration, signature: Signature
    ) -> InstrumentDocument:
        """Register a pair and return it; InstrumentInvalid, InstrumentExists, TooManyInstruments.

        A pair is registered once and for good.
        """
        instrument = wanted_instrument(wanted, self._tokens)
        try:
            event = await register(
                self._pool, instrument, signature.at, signature.producer, signature.by
            )
        except InstrumentExists:
            found = await read_version_in_force(self._pool, instrument.key)
            if found is None or not is_same(found.instrument, instrument):
                raise
            return document_of(*found)
        return document_of(event.payload.instrument, event)

    async def change(
        self,
        name: str,
        wanted: InstrumentChange,
        signature: Signature,
        expected_version: int | None = None,
    ) -> InstrumentDocument:
        """Change the instrument of a key or alias and return it.

        Raises InstrumentUnknown, InstrumentInvalid, InstrumentExists for an alias that is taken,
        and InstrumentConflict where another version is in force than the one that is expected, or
        somebody changed it at the same moment: the first one wins.
        """
        before = await self._find(name)
        after = changed_instrument(before, wanted, signature.by, expected_version)
        if after is None:
            return document_of(*before)
        event = await change(
            self._pool, before, after, signature.by, signature.at, signature.producer
        )
        return document_of(event.payload.instrument, event)

    async def _find(self, name: str) -> RegisteredInstrument:
        found = await read_version_in_force(self._pool, name)
        if found is not None:
            return found
        for one in (await read_registered(self._pool)).values():
            if name in one.instrument.aliases:
                return one
        raise InstrumentUnknown(f"{name} is not registered: a pair is registered before it changes")


def wanted_instrument(wanted: InstrumentRegistration, tokens: TokenRegistry) -> Instrument:
    """Return the instrument that is to be registered; InstrumentInvalid."""
    base = _token("base", wanted.chain, wanted.base, tokens)
    quote = _token("quote", wanted.chain, wanted.quote, tokens)
    pair = {"key": instrument_key(base, quote), "base": base, "quote": quote}
    return _validated(pair | wanted.said)


def changed_instrument(
    before: RegisteredInstrument, wanted: InstrumentChange, by: str, expected_version: int | None
) -> Instrument | None:
    """Return the instrument after a change, None where it is so already.

    Raises InstrumentInvalid, and InstrumentConflict where another version is expected. Who has just
    made this very change of it has asked again.
    """
    after = _validated(before.instrument.said | wanted.said)
    is_so_already = is_same(before.instrument, after)
    version = before.event.sequence
    if expected_version not in (None, version):
        has_just_changed_it = is_so_already and changer_of(before.event) == by
        if not (has_just_changed_it and version - 1 == expected_version):
            raise conflict_with(before, expected_version)
    return None if is_so_already else after


def _token(side: str, chain: str, symbol: str, tokens: TokenRegistry) -> Asset:
    token = tokens.by_symbol(chain, symbol)
    if token is None:
        raise InstrumentInvalid(f"{side}: {symbol} on {chain} is no registered token")
    return token.asset


def _validated(said: dict[str, object]) -> Instrument:
    try:
        return Instrument.model_validate(said)
    except ValidationError as error:
        raise InstrumentInvalid(_field_and_message(error)) from None


def _field_and_message(error: ValidationError) -> str:
    return describe(error).removeprefix("body: ").replace("Value error, ", "")


def is_same(one: Instrument, other: Instrument) -> bool:
    """Return whether the same is said of two, whatever their versions."""
    return one.model_copy(update=UNVERSIONED) == other.model_copy(update=UNVERSIONED)
