"""Reads the ledger. Every method raises TransientError while PostgreSQL is unavailable."""

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final, NamedTuple

from tradewind.contracts.execution.payloads import StepFilled
from tradewind.contracts.ids import CorrelationKind, make_correlation_id
from tradewind.ledger.history.group_key import GroupKey
from tradewind.ledger.history.histories import HistoryRange, Page, halves, pages, whole
from tradewind.ledger.queries import QUERIES
from tradewind.ledger.records import RecordedEvent, WriterPosition, to_recorded
from tradewind.postgres import Pool, outage_is_transient

MAX_HISTORY: Final = 1_000
MAX_GLOBAL_SEQ: Final = 2**63 - 1

_HISTORY = QUERIES["select_history"]
_HISTORIES = QUERIES["select_histories"]
_SELECTED = QUERIES["select_selected"]
_AFTER = QUERIES["select_after"]
_GROUP = QUERIES["select_group"]
_GROUP_PORTFOLIOS = QUERIES["select_group_portfolios"]
_GROUP_KEYS = QUERIES["select_group_keys"]
_RECORDING = QUERIES["select_recording"]
_NEWEST_EPOCH = QUERIES["select_newest_epoch"]
_PLAN = QUERIES["select_plan_correlation"]
_EVENT_CORRELATION = QUERIES["select_history_of_event"]
_EVENT_CORRELATIONS = QUERIES["select_event_correlations"]
_EVENT_IDS = QUERIES["select_event_ids"]
_CORRELATIONS = QUERIES["select_correlations"]
_OPENED = QUERIES["select_opened"]
_OPENED_BY = QUERIES["select_opened_by"]


class Opening(NamedTuple):
    """What the event that opens a history has to have: a topic, and a value at a path."""

    topic: str
    path: str
    """The keys that lead to the value, separated by commas."""
    value: str


class LedgerReader:
    """Queries on recorded histories; any number of processes may run them."""

    def __init__(self, pool: Pool, until: int = MAX_GLOBAL_SEQ) -> None:
        self._pool = pool
        self._until = until
        """The last event that histories are read to."""

    async def position(self) -> WriterPosition:
        """Return the ledger's incarnation, epoch and last global_seq."""
        rows = await self._fetch("SELECT incarnation, epoch, last_global_seq, commits FROM writer")
        return WriterPosition(*rows[0])

    async def history(
        self, correlation_id: str, after_sequence: int = 0, limit: int = MAX_HISTORY
    ) -> list[RecordedEvent]:
        """Return a correlation's events in order of sequence; empty when there is no such one."""
        return await self._events(_HISTORY, correlation_id, after_sequence, limit, self._until)

    async def histories(self, correlation_ids: Iterable[str]) -> dict[str, list[RecordedEvent]]:
        """Return the whole histories of several correlations, each in order."""
        histories: dict[str, list[RecordedEvent]] = {name: [] for name in correlation_ids}
        for recorded in await self._events(_HISTORIES, list(histories), self._until):
            histories[recorded.event.correlation_id].append(recorded)
        return histories

    def pages(self, histories: HistoryRange) -> AsyncIterator[Page]:
        """Return the whole histories of a range, page by page; see `histories.pages`."""
        return pages(self._pool, histories)

    async def halves(self, histories: HistoryRange) -> tuple[HistoryRange, HistoryRange]:
        """Return two adjacent ranges with about as many histories each."""
        return await halves(self._pool, histories)

    async def events_after(self, global_seq: int, limit: int = MAX_HISTORY) -> list[RecordedEvent]:
        """Return the events with a higher global_seq, in its order."""
        return await self._events(_AFTER, global_seq, limit)

    async def selected(
        self,
        correlation_id: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        page_size: int = MAX_HISTORY,
    ) -> AsyncIterator[list[RecordedEvent]]:
        """Return whole histories in pages: one, or all with an event recorded in a time range.

        `since` is included and `until` is not. Events are in order of global_seq.
        """
        after = 0
        while page := await self._events(_SELECTED, after, correlation_id, since, until, page_size):
            yield page
            after = page[-1].global_seq

    async def group(
        self,
        by: GroupKey,
        topics: Sequence[str],
        key: str,
        after_global_seq: int = 0,
        limit: int = MAX_HISTORY,
    ) -> list[RecordedEvent]:
        """Return a portfolio's or strategy's events of some topics in order of global_seq."""
        query = _with_literals(_GROUP, by, *topics)
        return await self._events(query, key, after_global_seq, limit)

    async def recording(self, global_seq: int) -> str | None:
        """Return what stands for all events up to one, also in a ledger that lost its end.

        The ledger loses no event without those after it. None where there is none at this place.
        """
        rows = await self._fetch(_RECORDING, global_seq)
        return f"{rows[0]['event_id']} {rows[0]['recorded_at'].isoformat()}" if rows else None

    async def newest_epoch(self, by: GroupKey, topic: str, key: str) -> int:
        """Return the global_seq of the event that opened a group's newest epoch; 0 without one."""
        rows = await self._fetch(_with_literals(_NEWEST_EPOCH, by, topic), key)
        return int(rows[0]["global_seq"]) if rows else 0

    async def group_keys(self, by: GroupKey, topics: Sequence[str]) -> list[str]:
        """Return every portfolio or strategy that has an event of these topics, sorted."""
        rows = await self._fetch(_with_literals(_GROUP_KEYS, by, *topics))
        return [row["group_key"] for row in rows]

    async def portfolios_of_strategy(self, strategy_id: str) -> list[str]:
        """Return every portfolio that a strategy has filled something for, sorted."""
        query = _with_literals(_GROUP_PORTFOLIOS, GroupKey.STRATEGY, StepFilled.topic)
        return [row["portfolio"] for row in await self._fetch(query, strategy_id)]

    async def correlation_of_plan(self, plan_id: str) -> str | None:
        """Return the correlation id of a plan; None when there is no such plan."""
        rows = await self._fetch(_PLAN, plan_id)
        return str(rows[0]["correlation_id"]) if rows else None

    async def correlation_of_event(self, event_id: str) -> str | None:
        """Return the correlation id of an event; None when there is no such event."""
        rows = await self._fetch(_EVENT_CORRELATION, event_id)
        return str(rows[0]["correlation_id"]) if rows else None

    async def correlations_of_events(self, topic: str, event_ids: Sequence[str]) -> dict[str, str]:
        """Return the correlation ids of those of these events that are of a topic, by their ids."""
        rows = await self._fetch(_EVENT_CORRELATIONS, list(event_ids), topic)
        return {row["event_id"]: row["correlation_id"] for row in rows}

    async def event_ids(self, topic: str, before: str | None, limit: int) -> list[str]:
        """Return ids of events of a topic, last name first; with `before`, only those below it."""
        query = _EVENT_IDS.replace(":topic", topic)
        return [row["event_id"] for row in await self._fetch(query, before or "~", limit)]

    async def identifiers(
        self,
        kind: CorrelationKind,
        before: str | None = None,
        limit: int = MAX_HISTORY,
        opening: Opening | None = None,
    ) -> list[str]:
        """Return identifiers of a kind, newest first; with `before`, only those below that one.

        The identifier is the part of a correlation id after its kind. With `opening`, only those of
        histories that were opened so.
        """
        _, prefix, until = whole(kind)
        end = make_correlation_id(kind, before) if before else until
        if opening is None:
            rows = await self._fetch(_CORRELATIONS, prefix, end, limit)
        else:
            query = _OPENED_BY.replace(":topic", opening.topic).replace(":path", opening.path)
            rows = await self._fetch(query, prefix, end, limit, opening.value)
        return [row["correlation_id"].removeprefix(prefix) for row in rows]

    async def opened(
        self, kind: CorrelationKind, topic: str, key: str, identifiers: Sequence[str]
    ) -> set[str]:
        """Return those of these identifiers whose history has an event of `topic`.

        If `key` is not empty, that field of the event's payload has to equal the identifier.
        """
        prefix = make_correlation_id(kind, "")
        names = [f"{prefix}{one}" for one in identifiers]
        rows = await self._fetch(_OPENED, names, topic, prefix, key)
        return {row["correlation_id"].removeprefix(prefix) for row in rows}

    async def _events(self, query: str, *arguments: object) -> list[RecordedEvent]:
        return [to_recorded(row) for row in await self._fetch(query, *arguments)]

    async def _fetch(self, query: str, *arguments: object) -> list[Any]:
        with outage_is_transient():
            rows: list[Any] = await self._pool.fetch(query, *arguments)
            return rows


@cache
def _with_literals(query: str, by: GroupKey, *topics: str) -> str:
    """Return a statement with the group key's expression and the topics written out.

    PostgreSQL cannot match a parameter with the WHERE clause of a partial index.
    """
    query = query.replace(":group_key", by.expression)
    return query.replace(":topics", ", ".join(f"'{topic}'" for topic in topics))
