"""Reads the ledger. Every method raises TransientError while PostgreSQL is away."""

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from tradewind.contracts.system.dead_letters import DeadLetter
from tradewind.ledger.history.histories import Page, Stretch, halves, pages
from tradewind.ledger.queries import QUERIES
from tradewind.ledger.records import RecordedEvent, WriterPosition, to_recorded
from tradewind.postgres import Pool, outage_is_transient

MAX_HISTORY: Final = 1_000

_HISTORY = QUERIES["select_history"]
_HISTORIES = QUERIES["select_histories"]
_SELECTED = QUERIES["select_selected"]
_AFTER = QUERIES["select_after"]
_FILLS = QUERIES["select_fills"]
_STRATEGIES = QUERIES["select_portfolios"]
_PLAN = QUERIES["select_plan_correlation"]
_CORRELATIONS = QUERIES["select_correlations"]
_OPENED = QUERIES["select_opened"]
_DEAD_LETTERS = QUERIES["select_dead_letters"]


class RecordedDeadLetter(NamedTuple):
    """A dead letter as the ledger keeps it. `state` is open, retried or resolved."""

    letter: DeadLetter
    dead_letter_id: str
    state: str
    note: str
    recorded_at: datetime
    changed_at: datetime


class LedgerReader:
    """Queries over the recorded history; safe on any number of processes."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def position(self) -> WriterPosition:
        """Return which copy of the history this is and how far it goes."""
        rows = await self._fetch("SELECT incarnation, epoch, last_global_seq, commits FROM writer")
        return WriterPosition(*rows[0])

    async def history(
        self, correlation_id: str, after_sequence: int = 0, limit: int = MAX_HISTORY
    ) -> list[RecordedEvent]:
        """Return a correlation's events in order; empty when there is none."""
        return await self._events(_HISTORY, correlation_id, after_sequence, limit)

    async def histories(self, correlation_ids: Iterable[str]) -> dict[str, list[RecordedEvent]]:
        """Return the whole histories of several correlations, each in order."""
        histories: dict[str, list[RecordedEvent]] = {name: [] for name in correlation_ids}
        for recorded in await self._events(_HISTORIES, list(histories)):
            histories[recorded.event.correlation_id].append(recorded)
        return histories

    def pages(self, stretch: Stretch) -> AsyncIterator[Page]:
        """Return every whole history of a stretch, page by page; see `histories.pages`."""
        return pages(self._pool, stretch)

    async def halves(self, stretch: Stretch) -> tuple[Stretch, Stretch]:
        """Return two stretches with about as many histories each."""
        return await halves(self._pool, stretch)

    async def events_after(self, global_seq: int, limit: int = MAX_HISTORY) -> list[RecordedEvent]:
        """Return what was recorded after `global_seq`, in the order it was recorded."""
        return await self._events(_AFTER, global_seq, limit)

    async def selected(
        self,
        correlation_id: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        page_size: int = MAX_HISTORY,
    ) -> AsyncIterator[list[RecordedEvent]]:
        """Return, in pages, whole histories: one, or those with an event recorded in a time range.

        `since` is included, `until` is not; the order is that of recording.
        """
        after = 0
        while page := await self._events(_SELECTED, after, correlation_id, since, until, page_size):
            yield page
            after = page[-1].global_seq

    async def fills(
        self, strategy_id: str, after_global_seq: int = 0, limit: int = MAX_HISTORY
    ) -> list[RecordedEvent]:
        """Return a strategy's exec.step_filled events in the order they were recorded."""
        return await self._events(_FILLS, strategy_id, after_global_seq, limit)

    async def strategies(self) -> list[str]:
        """Return every strategy that ever had a fill, in order."""
        rows = await self._fetch(_STRATEGIES)
        return [row["portfolio"] for row in rows]

    async def correlation_of_plan(self, plan_id: str) -> str | None:
        """Return the correlation a plan belongs to, or None."""
        rows = await self._fetch(_PLAN, plan_id)
        return str(rows[0]["correlation_id"]) if rows else None

    async def intents(self, before: str | None = None, limit: int = MAX_HISTORY) -> list[str]:
        """Return intent ids, newest first, those older than `before` only."""
        end = f"intent-{before}" if before else "intent."
        rows = await self._fetch(_CORRELATIONS, "intent-", end, limit)
        return [row["correlation_id"].removeprefix("intent-") for row in rows]

    async def opened(self, intent_ids: Sequence[str]) -> set[str]:
        """Return those of these intents whose submission is recorded."""
        rows = await self._fetch(_OPENED, [f"intent-{one}" for one in intent_ids])
        return {row["correlation_id"].removeprefix("intent-") for row in rows}

    async def dead_letters(
        self, state: str | None = None, dead_letter_id: str | None = None, limit: int = MAX_HISTORY
    ) -> list[RecordedDeadLetter]:
        """Return dead letters, newest first; `state` is open, retried or resolved."""
        return [
            _to_dead_letter(row)
            for row in await self._fetch(_DEAD_LETTERS, state, dead_letter_id, limit)
        ]

    async def _events(self, query: str, *arguments: object) -> list[RecordedEvent]:
        return [to_recorded(row) for row in await self._fetch(query, *arguments)]

    async def _fetch(self, query: str, *arguments: object) -> list[Any]:
        with outage_is_transient():
            rows: list[Any] = await self._pool.fetch(query, *arguments)
            return rows


def _to_dead_letter(row: Any) -> RecordedDeadLetter:
    letter = DeadLetter(
        queue_group=row["queue_group"],
        subject=row["subject"],
        reason=row["reason"],
        error=row["error"],
        attempts=row["attempts"],
        raw=row["body"],
        stream_sequence=row["stream_sequence"],
    )
    return RecordedDeadLetter(
        letter,
        row["dead_letter_id"],
        row["state"],
        row["note"],
        row["recorded_at"],
        row["changed_at"],
    )
