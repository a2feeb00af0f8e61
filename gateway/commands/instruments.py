"""Registers and changes instruments for callers, and says what is wrong with what they want."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from gateway.errors import InstrumentUnavailable
from gateway.http.field_errors import FieldError
from gateway.http.strict_json import InvalidDocument
from gateway.ports import InstrumentRegistrar
from tradewind.contracts.instruments.changes import InstrumentChange, InstrumentRegistration
from tradewind.contracts.instruments.registry import InstrumentDocument
from tradewind.contracts.roles import Role
from tradewind.errors import TransientError
from tradewind.runtime import clock
from tradewind.trading.instruments.registrar import InstrumentInvalid, Signature


class InstrumentEditor:
    """What it changes is in force at once; the sweeper publishes the event of it.

    Every method raises InvalidDocument, InstrumentExists and InstrumentUnavailable.
    """

    def __init__(
        self, registrar: InstrumentRegistrar, *, now: Callable[[], datetime] = clock.now
    ) -> None:
        self._registrar = registrar
        self._now = now

    async def register(self, wanted: InstrumentRegistration, by: str) -> InstrumentDocument:
        """Register a pair; TooManyInstruments."""
        async with _explained():
            return await self._registrar.register(wanted, self._signature(by))

    async def change(
        self, name: str, wanted: InstrumentChange, by: str, expected_version: int | None
    ) -> InstrumentDocument:
        """Change an instrument; InstrumentUnknown, InstrumentConflict."""
        async with _explained():
            return await self._registrar.change(name, wanted, self._signature(by), expected_version)

    def _signature(self, by: str) -> Signature:
        return Signature(by, Role.GATEWAY.value, self._now())


@asynccontextmanager
async def _explained() -> AsyncIterator[None]:
    try:
        yield
    except InstrumentInvalid as error:
        field, _, message = str(error).partition(": ")
        raise InvalidDocument("instrument", (FieldError(field, message),)) from None
    except TransientError as error:
        raise InstrumentUnavailable(str(error)) from error
