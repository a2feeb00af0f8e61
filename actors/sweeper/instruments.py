"""Keeps the registry of instruments: registers what files declare, and holds rows to the ledger."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, Protocol

import structlog

from actors.sweeper import metrics
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.instruments.payloads import InstrumentRegistered, InstrumentUpdated
from tradewind.contracts.instruments.registry import Instrument
from tradewind.ledger.history.reader import LedgerReader
from tradewind.ledger.history.search import EventFilter, EventSearch
from tradewind.postgres import Pool, outage_is_transient
from tradewind.runtime.outage import Outage
from tradewind.runtime.periodic import repeated
from tradewind.trading.instruments.declared import DeclaredInstruments, registration
from tradewind.trading.instruments.store import (
    RegisteredInstrument,
    apply_instruments,
    insert_missing,
    read_registered,
    read_unrecorded,
)

LOOP: Final = "instruments"
PASS_SECONDS: Final = 2.0
MAX_PER_PASS: Final = 500
TOPICS: Final = (InstrumentRegistered.topic, InstrumentUpdated.topic)

logger = structlog.get_logger("sweeper")


class EventSink(Protocol):
    """A publisher of events."""

    async def publish(self, event: AnyEvent) -> None:
        """Publish and wait for the acknowledgement."""
        ...


class InstrumentKeeper:
    """Does passes. Any number of processes may: rows are put once, copies of events are dropped."""

    def __init__(self, pool: Pool, publisher: EventSink, declared: DeclaredInstruments) -> None:
        self._pool = pool
        self._publisher = publisher
        self._declared = declared
        self._reader = LedgerReader(pool)
        self._search = EventSearch(pool)
        self._incarnation = ""
        self._applied_global_seq = 0
        self._is_declared = False

    async def keep(self) -> None:
        """Do a pass: the ledger into rows, the files into rows, and rows the ledger lacks out."""
        await self._apply_recorded()
        if not self._is_declared:
            await self._register_declared()
            self._is_declared = True
        for event in await read_unrecorded(self._pool, MAX_PER_PASS):
            await self._publisher.publish(event)
            metrics.INSTRUMENTS_PUBLISHED.inc()

    async def _apply_recorded(self) -> None:
        """Apply what was recorded since the last pass; everything again after a restore."""
        position = await self._reader.position()
        is_shorter = position.last_global_seq < self._applied_global_seq
        if position.incarnation != self._incarnation or is_shorter:
            self._incarnation, self._applied_global_seq = position.incarnation, 0
            self._is_declared = False
        while page := await self._search.page(
            EventFilter(TOPICS), self._applied_global_seq, MAX_PER_PASS, newest_first=False
        ):
            with outage_is_transient():
                corrected = await apply_instruments(self._pool, [one.event for one in page])
            if corrected:
                logger.warning("instruments are as the ledger has them again", versions=corrected)
            self._applied_global_seq = page[-1].global_seq

    async def _register_declared(self) -> None:
        """Register what is declared and not registered. What is registered stays as it is."""
        present = await read_registered(self._pool)
        at = self._declared.registered_at
        missing = [one for one in self._declared.listed if one.key not in present]
        added = await insert_missing(self._pool, [registration(one, at) for one in missing])
        if added:
            logger.info("instruments registered", instruments=added)
        for one in self._declared.chosen or ():
            _compare(one, present.get(one.key))


def _compare(declared: Instrument, registered: RegisteredInstrument | None) -> None:
    """Warn of an entry of the file that says otherwise: only a command changes an instrument."""
    if registered is None:
        return
    in_force = registered.instrument.model_copy(update={"version": declared.version})
    if in_force != declared:
        logger.warning(
            "the file of instruments differs from what is registered, which counts",
            instrument=declared.key,
            version=registered.event.sequence,
        )


@asynccontextmanager
async def kept_instruments(keeper: InstrumentKeeper) -> AsyncIterator[None]:
    """Do passes while the block runs."""
    async with repeated(PASS_SECONDS, keeper.keep, Outage(LOOP)):
        yield
