"""Compares every read model with the ledger, byte for byte, and repairs those that differ.

While it repairs, readers answer from the ledger. The documents are repaired under their own keys,
and one script returns the readers to Redis when all are right. Nothing is deleted beforehand, so a
rebuild that dies leaves some documents repaired and the others as they were.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Final

from redis.asyncio import Redis

from tradewind.errors import TransientError
from tradewind.ledger.history.histories import HistoryRange, whole
from tradewind.ledger.history.reader import LedgerReader
from tradewind.readmodels.documents.store import DocumentStore, StaleIncarnation
from tradewind.readmodels.rebuild.comparison import Comparison
from tradewind.readmodels.rebuild.comparison_pass import ComparisonPass
from tradewind.readmodels.rebuild.rebuild_store import Interrupted, RebuildStore
from tradewind.readmodels.registry import READ_MODELS, ReadModelRegistry

MAX_PASSES: Final = 5

type Helper = Callable[[str, str | None, Sequence[HistoryRange]], Awaitable[Comparison]]
"""Compares histories in another process; incarnation and token are those of `ComparisonPass`."""


class Unsteady(TransientError):
    """Redis was emptied, or the ledger restored, again and again meanwhile. Try later."""

    code = "REBUILD_UNSTEADY"


class Rebuild:
    """Compares the whole ledger. Raises TransientError while a server is away; HistoryDamaged."""

    def __init__(
        self,
        ledger: LedgerReader,
        redis: Redis,
        helper: Helper | None = None,
        registry: ReadModelRegistry = READ_MODELS,
    ) -> None:
        self._ledger = ledger
        self._rebuild_store = RebuildStore(redis, registry)
        self._store = DocumentStore(redis, registry)
        self._helper = helper
        self._kinds = registry.correlation_kinds

    async def verify(self) -> Comparison:
        """Compare everything, change nothing; wait for documents that are still being written."""
        for _ in range(MAX_PASSES):
            with suppress(Interrupted):
                return await self._verify()
        raise Unsteady

    async def repair(self) -> Comparison:
        """Compare everything and repair what differs; return what differed."""
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
        token = await self._rebuild_store.begin()
        holding = asyncio.ensure_future(self._rebuild_store.keep_holding(token))
        try:
            found = await self._compare(position.incarnation, token)
            await self._rebuild_store.finish(token, position.incarnation, position.last_global_seq)
        except BaseException:
            with suppress(Interrupted, TransientError):
                await self._rebuild_store.release(token)
            raise
        finally:
            holding.cancel()
        return found

    async def _compare(self, incarnation: str, token: str | None) -> Comparison:
        work = ComparisonPass(self._ledger, self._rebuild_store, self._store, incarnation, token)
        histories = [whole(kind) for kind in self._kinds]
        if self._helper is None:
            await work.compare_histories(histories)
            await work.compare_groups()
        else:
            halves = [await self._ledger.halves(one) for one in histories]
            others = self._helper(incarnation, token, [other for _, other in halves])
            helping = asyncio.ensure_future(others)
            try:
                await work.compare_histories([mine for mine, _ in halves])
                await work.compare_groups()
                work.found.merge(await helping)
            finally:
                helping.cancel()
        await work.compare_orphans()
        return work.found
