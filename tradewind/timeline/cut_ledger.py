"""The ledger as it was after an event: what was recorded later is not there."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

from tradewind.contracts.ids import CorrelationKind, make_correlation_id, make_ulid
from tradewind.ledger.history.group_key import GroupKey
from tradewind.ledger.history.histories import whole
from tradewind.ledger.history.reader import MAX_HISTORY, LedgerReader, Opening
from tradewind.ledger.records import RecordedEvent, WriterPosition
from tradewind.postgres import Pool
from tradewind.timeline.queries import QUERIES

AHEAD: Final = timedelta(minutes=5)
"""How far an id may be ahead of the time at which it was recorded, in a list by ids."""

_BEGIN_WITH_WORK: Final = frozenset({CorrelationKind.INTENT})
"""Kinds of histories that are flows from their first event on, so that flows tell of all."""

_IDENTIFIERS = QUERIES["select_identifiers"]
_WORKED = QUERIES["select_worked_identifiers"]
_OPENED = QUERIES["select_opened_identifiers"]


class CutLedger(LedgerReader):
    """Histories up to a global_seq, and nothing after it."""

    def __init__(self, pool: Pool, incarnation: str, until: int, recorded_at: datetime) -> None:
        super().__init__(pool, until)
        self._incarnation = incarnation
        self._recorded_at = recorded_at

    async def position(self) -> WriterPosition:
        """Return the ledger's incarnation, and where it is cut as its last global_seq."""
        return WriterPosition(self._incarnation, 0, self._until)

    async def events_after(self, global_seq: int, limit: int = MAX_HISTORY) -> list[RecordedEvent]:
        """Return the events with a higher global_seq, in its order."""
        return self._cut(await super().events_after(global_seq, limit))

    async def group(
        self,
        by: GroupKey,
        topics: Sequence[str],
        key: str,
        after_global_seq: int = 0,
        limit: int = MAX_HISTORY,
    ) -> list[RecordedEvent]:
        """Return a portfolio's or strategy's events of some topics in order of global_seq."""
        return self._cut(await super().group(by, topics, key, after_global_seq, limit))

    async def identifiers(
        self,
        kind: CorrelationKind,
        before: str | None = None,
        limit: int = MAX_HISTORY,
        opening: Opening | None = None,
    ) -> list[str]:
        """Return identifiers of a kind that had a history then, newest first."""
        _, prefix, until = whole(kind)
        end = make_correlation_id(kind, before) if before else until
        end = min(end, make_correlation_id(kind, _ulid_at(self._recorded_at + AHEAD)))
        arguments: tuple[Any, ...] = (self._until, prefix, end, limit)
        query = _WORKED if kind in _BEGIN_WITH_WORK else _IDENTIFIERS
        if opening is not None:
            query, arguments = _opened(opening.topic, opening.path), (*arguments, opening.value)
        rows = await self._fetch(query, *arguments)
        return [row["correlation_id"].removeprefix(prefix) for row in rows]

    def _cut(self, recorded: Sequence[RecordedEvent]) -> list[RecordedEvent]:
        return [one for one in recorded if one.global_seq <= self._until]


@cache
def _opened(topic: str, path: str) -> str:
    return _OPENED.replace(":topic", topic).replace(":path", path)


def _ulid_at(moment: datetime) -> str:
    return make_ulid(max(0, int(moment.timestamp() * 1_000)), bytes(10))
