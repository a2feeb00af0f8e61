"""Finds documents that are missing from the read models, and has them written again."""

import asyncio
from typing import Final

import structlog

from tradewind.errors import TradewindError
from tradewind.ledger.history.reader import LedgerReader
from tradewind.readmodels.documents.store import DocumentStore
from tradewind.readmodels.projection.projector import Projector
from tradewind.readmodels.rebuild.scrubber import Scrubber
from tradewind.runtime.outage import Outage
from tradewind.runtime.periodic import is_set_within

CHECK_SECONDS: Final = 1.0

logger = structlog.get_logger("coordinator")


async def keep_complete(
    ledger: LedgerReader,
    store: DocumentStore,
    projector: Projector,
    scrubber: Scrubber,
    behind: asyncio.Event,
) -> None:
    """Catch up at the start, when `behind` is set and when a check finds something missing.

    Between checks, a few documents at a time are validated against their schema.
    """
    outage = Outage("read models")
    due = 0
    behind.set()
    while True:
        try:
            position = await ledger.position()
            mark = await store.mark()
            reached = mark.version if mark and mark.incarnation == position.incarnation else 0
            if behind.is_set() or reached < due:
                behind.clear()
                await _catch_up(projector)
            # Events recorded until now have to be in the read models by the next check.
            due = position.last_global_seq
            if repaired := await scrubber.step():
                logger.warning("damaged read models repaired", keys=repaired)
            outage.succeeded()
            await is_set_within(behind, CHECK_SECONDS)
        except TradewindError as error:
            behind.set()
            await asyncio.sleep(outage.failed(error))


async def _catch_up(projector: Projector) -> None:
    count = await projector.catch_up()
    if count:
        logger.info("read models caught up", events=count)
