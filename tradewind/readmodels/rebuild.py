"""Makes every read model what the ledger says, byte for byte, or tells what is not.

While it repairs, readers answer from the ledger: the key set they left is the one that is rebuilt,
and one script hands them back when all of it is right. Nothing is emptied on the way, so a rebuild
that dies leaves what it has repaired beside what it has not.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from redis.asyncio import Redis

from tradewind.contracts.ids import CorrelationKind
from tradewind.errors import TransientError
from tradewind.ledger.history.histories import Stretch, whole
from tradewind.ledger.history.reader import LedgerReader
from tradewind.readmodels.comparison import Comparison
from tradewind.readmodels.passes import Pass
from tradewind.readmodels.shelf import Interrupted, Shelf
from tradewind.readmodels.store import DocumentStore, StaleIncarnation

MAX_PASSES: Final = 5

type Helper = Callable[[str, str | None, Stretch], Awaitable[Comparison]]
"""Goes over a stretch of intents in another process: incarnation and token as in `Pass`."""


class Unsteady(TransientError):
    """Redis was emptied, or the ledger restored, again and again meanwhile. Try later."""

    code = "REBUILD_UNSTEADY"


class Rebuild:
    """Passes over the whole ledger. Raises TransientError, and HistoryDamaged."""

    def __init__(self, ledger: LedgerReader, redis: Redis, helper: Helper | None = None) -> None:
        self._ledger = ledger
        self._shelf = Shelf(redis)
        self._store = DocumentStore(redis)
        self._helper = helper

    async def verify(self) -> Comparison:
        """Compare everything; change nothing. What is on its way from a writer is waited for."""
        for _ in range(MAX_PASSES):
            with suppress(Interrupted):
                return await self._verify()
        raise Unsteady

    async def repair(self) -> Comparison:
        """Compare everything and put right what differs; return what differed."""
        for _ in range(MAX_PASSES):
            with suppress(Interrupted):
                return await self._repair()
        raise Unsteady

    async def _verify(self) -> Comparison:
        return await self._compare((await self._ledger.position()).incarnation, None)

    async def _repair(self) -> Comparison:
        position = await self._ledger.position()
        mark = await self._store.mark()
        if mark is not None and mark.incarnation > position.incarnation:
            raise StaleIncarnation(f"this database's is {position.incarnation}")
        token = await self._shelf.begin()
        holding = asyncio.ensure_future(self._shelf.keep_holding(token))
        try:
            found = await self._compare(position.incarnation, token)
            await self._shelf.finish(token, position.incarnation, position.last_global_seq)
        except BaseException:
            with suppress(Interrupted, TransientError):
                await self._shelf.release(token)
            raise
        finally:
            holding.cancel()
        return found

    async def _compare(self, incarnation: str, token: str | None) -> Comparison:
        work = Pass(self._ledger, self._shelf, self._store, incarnation, token)
        intents = whole(CorrelationKind.INTENT)
        if self._helper is None:
            await work.compare_intents(intents)
            await work.compare_positions()
        else:
            mine, other = await self._ledger.halves(intents)
            helping = asyncio.ensure_future(self._helper(incarnation, token, other))
            try:
                await work.compare_intents(mine)
                await work.compare_positions()
                work.found.merge(await helping)
            finally:
                helping.cancel()
        await work.compare_strangers()
        return work.found
