"""Shows what routes show, as it was after an event of the ledger."""

import asyncio
from collections.abc import Collection
from datetime import datetime
from typing import Final, Protocol

from gateway.ports import ReadModels
from gateway.records import Portfolios
from tradewind.postgres import Pool
from tradewind.readmodels.reader import FoldTurns, turn_to_fold
from tradewind.timeline.moments import AsOf, Moments
from tradewind.timeline.portfolios import PortfoliosAsOf
from tradewind.timeline.read_models import ReadModelsAsOf
from tradewind.timeline.summary import Summaries, Summary
from tradewind.trading.accounting.keys import TokenKey
from tradewind.trading.portfolios.reader import Seen

AT_ONCE: Final = 2
"""How many summaries, and readings of portfolios, a process makes at a time."""


class TimeMachine(Protocol):
    """Finds a place in the ledger, and reads as of there; TransientError while it cannot."""

    async def at(self, wanted: int | datetime) -> AsOf: ...

    async def summary(self, as_of: AsOf, seen: Seen) -> Summary: ...

    def read_models(self, as_of: AsOf) -> ReadModels: ...

    def portfolios(self, as_of: AsOf) -> Portfolios: ...


class LedgerTimeMachine:
    """Reads the ledger and the timeline beside it.

    Whoever slides over the ledger asks often, and folding is work for the processor: a process does
    a few at a time, and what waits for long is told to ask again.
    """

    def __init__(self, pool: Pool, pegged: Collection[TokenKey]) -> None:
        self._pool = pool
        self._pegged = pegged
        self._moments = Moments(pool)
        self._summaries = Summaries(pool)
        self._fold_turns = FoldTurns()
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def at(self, wanted: int | datetime) -> AsOf:
        """Return the place of a `global_seq` or a time; errors as in Moments."""
        return await self._moments.at(wanted)

    async def summary(self, as_of: AsOf, seen: Seen) -> Summary:
        """Return how everything stood that somebody sees."""
        async with turn_to_fold(self._turns):
            return await self._summaries.at(as_of, seen)

    def read_models(self, as_of: AsOf) -> ReadModels:
        """Return documents as they were."""
        return ReadModelsAsOf(self._pool, as_of, self._fold_turns)

    def portfolios(self, as_of: AsOf) -> Portfolios:
        """Return portfolios as they were."""
        return PortfoliosAsOf(self._pool, self._pegged, as_of, self._turns)
