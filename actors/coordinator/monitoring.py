"""Measures the backlogs of the write path: waiting events and late documents."""

import contextlib
from datetime import UTC, datetime
from typing import Final

from actors.coordinator import metrics
from tradewind.errors import TransientError
from tradewind.ledger.history.reader import LedgerReader
from tradewind.ledger.upkeep.backlogs import Backlogs
from tradewind.readmodels.documents.store import DocumentStore, ProjectionMark

CHECK_SECONDS: Final = 1.0
SOURCE: Final = "ledger"
INCARNATION_DIGITS: Final = 20


class Monitor:
    """Reads the backlogs and sets their gauges. Raises TransientError while PostgreSQL is away."""

    def __init__(self, ledger: LedgerReader, store: DocumentStore, backlogs: Backlogs) -> None:
        self._ledger = ledger
        self._store = store
        self._backlogs = backlogs
        self._mark: ProjectionMark | None = None

    async def observe(self) -> None:
        """Refresh the gauges."""
        parked = await self._backlogs.parked()
        metrics.WAITING.set(parked.events)
        metrics.OLDEST_WAITING.set(parked.oldest_seconds)
        await self._observe_read_models()

    async def _observe_read_models(self) -> None:
        """Set the lag of the read models, from their last known position while Redis is away."""
        position = await self._ledger.position()
        with contextlib.suppress(ValueError):
            metrics.INCARNATION.set(_began_at(position.incarnation))
        with contextlib.suppress(TransientError):
            self._mark = await self._store.mark()
        mark = self._mark
        reached = mark.version if mark and mark.incarnation == position.incarnation else 0
        lag = max(0, position.last_global_seq - reached)
        seconds = await self._backlogs.recorded_seconds_ago(reached + 1) if lag else 0.0
        metrics.PROJECTION_LAG.set(lag)
        metrics.PROJECTION_LAG_SECONDS.set(seconds)


def _began_at(incarnation: str) -> float:
    """Return the time in an incarnation's name, in Unix seconds; ValueError when it has none."""
    moment = datetime.strptime(incarnation[:INCARNATION_DIGITS], "%Y%m%d%H%M%S%f")
    return moment.replace(tzinfo=UTC).timestamp()
