"""The registry's table: what is in force, and the changes that an operator makes to it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from tradewind.contracts.envelope import AnyEvent, Event, next_events, parse_event
from tradewind.contracts.instruments.payloads import InstrumentRegistered, InstrumentUpdated
from tradewind.contracts.instruments.registry import (
    MAX_INSTRUMENTS,
    Instrument,
    InstrumentDocument,
    InstrumentTerms,
)
from tradewind.errors import PermanentError
from tradewind.postgres import Connection, Pool, outage_is_transient
from tradewind.queries import load_queries
from tradewind.trading.instruments.declared import registration

InstrumentEvent = Event[InstrumentRegistered] | Event[InstrumentUpdated]

_QUERIES: Final = load_queries("tradewind.trading.instruments")
_LOCK: Final = _QUERIES["lock_instruments"]
_ALL: Final = _QUERIES["select_instruments"]
_ONE: Final = _QUERIES["select_instrument"]
_DIGEST: Final = _QUERIES["digest_instruments"]
_INSERT: Final = _QUERIES["insert_instrument"]
_CORRECT: Final = _QUERIES["correct_instrument"]
_UNRECORDED: Final = _QUERIES["select_unrecorded"]


class InstrumentConflict(PermanentError):
    """Somebody else changed the instrument meanwhile. Look at it again, then repeat the change."""

    code = "INSTRUMENT_CONFLICT"


class InstrumentExists(PermanentError):
    """The instrument is registered already, or one of its names is taken. Update it instead."""

    code = "INSTRUMENT_EXISTS"


class InstrumentUnknown(PermanentError):
    """No such instrument is registered: `tradewind instruments list` shows those that are."""

    code = "INSTRUMENT_UNKNOWN"


class TooManyInstruments(PermanentError):
    """The registry is full. Disable instruments instead of registering others."""

    code = "TOO_MANY_INSTRUMENTS"


class RegisteredInstrument(NamedTuple):
    """An instrument in force, and the event that made it so."""

    instrument: Instrument
    event: InstrumentEvent


async def read_registered(source: Pool | Connection) -> dict[str, RegisteredInstrument]:
    """Return what is in force, by key; DatabaseUnavailable."""
    with outage_is_transient():
        rows = await source.fetch(_ALL)
    events: Iterable[AnyEvent] = (parse_event(bytes(row["body"])) for row in rows)
    return {
        event.payload.instrument.key: RegisteredInstrument(event.payload.instrument, event)
        for event in events
    }


async def read_terms(connection: Connection, instrument: str) -> InstrumentTerms | None:
    """Return the terms in force of a pair; None where it is not registered, only declared."""
    body = await connection.fetchval(_ONE, instrument)
    if body is None:
        return None
    event: InstrumentEvent = parse_event(bytes(body))
    return event.payload.instrument.terms


async def read_version_in_force(source: Pool | Connection, key: str) -> RegisteredInstrument | None:
    """Return the instrument of a key; None where it is not registered. DatabaseUnavailable."""
    with outage_is_transient():
        body = await source.fetchval(_ONE, key)
    if body is None:
        return None
    event: InstrumentEvent = parse_event(bytes(body))
    return RegisteredInstrument(event.payload.instrument, event)


async def read_digest(source: Pool | Connection) -> str:
    """Return a value that is another one after any change; DatabaseUnavailable."""
    with outage_is_transient():
        return str(await source.fetchval(_DIGEST))


async def register(
    pool: Pool, instrument: Instrument, at: datetime, producer: str, by: str | None = None
) -> InstrumentEvent:
    """Register an instrument and return its event, which has to be published.

    `by` is the person or key that says so.

    InstrumentExists when it or one of its names is registered, DatabaseUnavailable when it is not
    certain that it was kept.
    """
    event = registration(instrument, at, producer, by)
    with outage_is_transient():
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute(_LOCK)
            present = await read_registered(connection)
            if len(present) >= MAX_INSTRUMENTS:
                raise TooManyInstruments(f"there are {MAX_INSTRUMENTS:,} instruments")
            if instrument.key in present:
                raise InstrumentExists(f"{instrument.key} is registered already")
            _check_names(instrument, present)
            await _insert(connection, event)
    return event


async def change(
    pool: Pool,
    before: RegisteredInstrument,
    after: Instrument,
    by: str,
    at: datetime,
    producer: str,
) -> InstrumentEvent:
    """Put `after` into force in place of `before` and return its event, which has to be published.

    InstrumentConflict when `before` is no longer what is in force: of two who change it at the same
    time, the first wins. DatabaseUnavailable when it is not certain that it was kept.
    """
    changed = after.model_copy(update={"version": before.event.sequence + 1})
    payload = InstrumentUpdated(instrument=changed, changed_by=by)
    (event,) = next_events(before.event, [payload], producer=producer, at=at)
    with outage_is_transient():
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute(_LOCK)
            now = await read_version_in_force(connection, after.key)
            if now is None:
                raise InstrumentUnknown(f"{after.key} is not registered")
            if now.event != before.event:
                raise conflict_with(now, before.event.sequence)
            if after.aliases != before.instrument.aliases:
                _check_names(after, await read_registered(connection))
            await _insert(connection, event)
    return event


def conflict_with(now: RegisteredInstrument, expected_version: int | None) -> InstrumentConflict:
    """Return the error of who wanted to change another version than the one in force."""
    return InstrumentConflict(
        f"{now.instrument.key} is at version {now.event.sequence}, not {expected_version}: changed "
        f"{now.event.timestamp.isoformat()} by {changer_of(now.event)}"
    )


def changer_of(event: InstrumentEvent) -> str:
    """Return who made a change; the producer where it was registered by a file."""
    payload = event.payload
    if isinstance(payload, InstrumentUpdated):
        return payload.changed_by
    return payload.registered_by or event.producer


def document_of(instrument: Instrument, event: InstrumentEvent | None) -> InstrumentDocument:
    """Return an instrument as it is shown, with the event that made it so, if there is one."""
    changed_at, changed_by = (None, None) if event is None else (event.timestamp, changer_of(event))
    return InstrumentDocument(**instrument.said, changed_at=changed_at, changed_by=changed_by)


async def insert_missing(pool: Pool, events: Sequence[InstrumentEvent]) -> int:
    """Put registrations into force where there is no row yet; return how many there were."""
    with outage_is_transient():
        async with pool.acquire() as connection, connection.transaction():
            kept = [await connection.fetchval(_INSERT, *_row(event)) for event in events]
    return sum(version is not None for version in kept)


async def apply_instruments(connection: Pool | Connection, page: Iterable[AnyEvent]) -> int:
    """Make rows equal to recorded events; return how many were not.

    They differ after a database was restored: what the ledger has counts.
    """
    corrected = 0
    for event in page:
        if isinstance(event.payload, InstrumentRegistered | InstrumentUpdated):
            corrected += await connection.fetchval(_CORRECT, *_row(event)) is not None
    return corrected


async def read_unrecorded(pool: Pool, limit: int) -> list[InstrumentEvent]:
    """Return events of rows that the ledger does not have yet, each history in order."""
    with outage_is_transient():
        rows = await pool.fetch(_UNRECORDED, limit)
    return [parse_event(bytes(row["body"])) for row in rows]


def _row(event: InstrumentEvent) -> tuple[Any, ...]:
    return event.payload.instrument.key, event.sequence, event.event_id, event.to_bytes()


async def _insert(connection: Connection, event: InstrumentEvent) -> None:
    if await connection.fetchval(_INSERT, *_row(event)) is None:
        raise InstrumentConflict(f"{event.payload.instrument.key} was changed at the same moment")


def _check_names(instrument: Instrument, present: dict[str, RegisteredInstrument]) -> None:
    """Raise InstrumentExists for a name that leads to another instrument."""
    taken = {
        name: key
        for key, one in present.items()
        if key != instrument.key
        for name in (key, *one.instrument.aliases)
    }
    for name in (instrument.key, *instrument.aliases):
        if name in taken:
            raise InstrumentExists(f"the name {name} is that of {taken[name]}")
