"""Keeps a process's registry of instruments equal to the table."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from tradewind.postgres import Pool, open_pool
from tradewind.runtime.outage import Outage
from tradewind.runtime.periodic import repeated
from tradewind.trading.instruments.declared import DeclaredInstruments
from tradewind.trading.instruments.registry import InstrumentRegistry
from tradewind.trading.instruments.store import read_digest, read_registered

LOOP: Final = "instruments"
REFRESH_SECONDS: Final = 1.0
"""A change is in force everywhere after this time."""


class InstrumentWatch:
    """Reads the table again when it changed. While it cannot be read, the registry stays as is."""

    def __init__(self, pool: Pool, registry: InstrumentRegistry) -> None:
        self._pool = pool
        self._registry = registry
        self._digest = ""

    async def refresh(self) -> None:
        """Take over changes, if there are any; DatabaseUnavailable."""
        digest = await read_digest(self._pool)
        if digest != self._digest:
            registered = await read_registered(self._pool)
            self._registry.replace(one.instrument for one in registered.values())
            self._digest = digest


@asynccontextmanager
async def watched_instruments(
    pool: Pool, declared: DeclaredInstruments
) -> AsyncIterator[InstrumentRegistry]:
    """Yield the registry, and keep it up to date while the block runs."""
    registry = InstrumentRegistry(declared)
    watch = InstrumentWatch(pool, registry)
    async with repeated(REFRESH_SECONDS, watch.refresh, Outage(LOOP)):
        yield registry


@asynccontextmanager
async def opened_instruments(
    dsn: str, role: str, declared: DeclaredInstruments
) -> AsyncIterator[InstrumentRegistry]:
    """Open the registry as a group role; while PostgreSQL is down, it is what the files declare."""
    pool = await open_pool(dsn, max_size=1, role=role)
    try:
        async with watched_instruments(pool, declared) as registry:
            yield registry
    finally:
        pool.terminate()
