"""Keeps marks of decisions: planned from the ledger, taken once, published until it has them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from tradewind.contracts.decisions.payloads import DecisionConcluded
from tradewind.contracts.envelope import AnyEvent, Event
from tradewind.contracts.signals.payloads import SignalEvaluated, SignalMarked
from tradewind.postgres import Connection, Pool, outage_is_transient
from tradewind.trading.ledger_page import LedgerEvent
from tradewind.trading.signal_outcomes.marking import PlannedMark, planned_marks
from tradewind.trading.signal_outcomes.queries import QUERIES

TOPICS: Final = (DecisionConcluded.topic, SignalMarked.topic)
MAX_EVENTS: Final = 100
REST_SECONDS: Final = 2.0
"""After so long what the ledger lacks is published again, and twice as long each further time."""

_TURN: Final = QUERIES["take_turn"]
_LOCK: Final = QUERIES["lock_followed"]
_MOVE: Final = QUERIES["move_followed"]
_TOLD: Final = QUERIES["select_told"]
_HISTORIES: Final = QUERIES["select_of_histories"]
_PLAN: Final = QUERIES["plan_mark"]
_FOLLOW: Final = QUERIES["follow_mark"]
_DUE: Final = QUERIES["select_due"]
_KEEP: Final = QUERIES["keep_mark"]
_UNRECORDED: Final = QUERIES["take_unrecorded"]
_MEASURE: Final = QUERIES["measure"]

type ReadEvent = Callable[[Mapping[str, Any]], LedgerEvent]
"""Reads a row of the ledger; it raises when the event is not what was recorded."""


class MarkFigures(NamedTuple):
    """How many marks are due and not there, and how many the ledger lacks."""

    due: int
    unrecorded: int


class ToDo(NamedTuple):
    """Whether the ledger goes further than it was followed, a mark is due, the ledger lacks one."""

    has_news: bool
    is_due: bool
    is_unrecorded: bool


class Marks:
    """The marks of all signals. Every method raises DatabaseUnavailable during an outage."""

    def __init__(
        self,
        pool: Pool,
        read_event: ReadEvent,
        horizons_seconds: tuple[int, ...],
        fee_bps: Decimal,
    ) -> None:
        self._pool = pool
        self._read_event = read_event
        self._horizons_seconds = horizons_seconds
        self._fee_bps = fee_bps

    async def take_turn(self, holder: str, seconds: float, at: datetime) -> ToDo | None:
        """Return what there is to do at a time, None where another process marks.

        One at a time does. This one has the turn for at least 80 % of the seconds: so most passes
        only read.
        """
        with outage_is_transient():
            row = await self._pool.fetchrow(_TURN, holder, seconds, at)
        return None if row is None else ToDo(*row)

    async def follow(self) -> bool:
        """Plan marks of conclusions, take over recorded marks; return whether more may come."""
        with outage_is_transient():
            async with self._pool.acquire() as connection, connection.transaction():
                place, end = await connection.fetchrow(_LOCK)
                rows = await connection.fetch(_TOLD, place, end, list(TOPICS), MAX_EVENTS)
                page = [self._read_event(row) for row in rows]
                await self._plan(connection, [one.event for one in page])
                for one in page:
                    if isinstance(one.event.payload, SignalMarked):
                        await connection.execute(_FOLLOW, *_row(one.event, one.body))
                is_full = len(rows) == MAX_EVENTS
                if end > place:
                    await connection.execute(_MOVE, rows[-1]["global_seq"] if is_full else end)
        return is_full

    async def due(self, at: datetime, limit: int) -> list[PlannedMark]:
        """Return what is to be marked by a time, the longest due first."""
        with outage_is_transient():
            return [PlannedMark.of(row) for row in await self._pool.fetch(_DUE, at, limit)]

    async def keep(self, mark: Event[SignalMarked]) -> bool:
        """Keep a mark; return False where there is one already, which stands."""
        with outage_is_transient():
            row = _row(mark, mark.to_bytes())
            return await self._pool.fetchval(_KEEP, *row, REST_SECONDS) is not None

    async def take_unrecorded(self, limit: int) -> list[bytes]:
        """Return the bytes of marks that have to be published again: the ledger lacks them."""
        with outage_is_transient():
            rows = await self._pool.fetch(_UNRECORDED, limit, REST_SECONDS)
        return [bytes(row["body"]) for row in rows]

    async def measure(self, at: datetime) -> MarkFigures:
        """Return the figures."""
        with outage_is_transient():
            return MarkFigures(*await self._pool.fetchrow(_MEASURE, at))

    async def _plan(self, connection: Connection, page: Sequence[AnyEvent]) -> None:
        concluded = [one for one in page if isinstance(one.payload, DecisionConcluded)]
        if not concluded:
            return
        histories = [one.correlation_id for one in concluded]
        rows = await connection.fetch(_HISTORIES, histories, SignalEvaluated.topic)
        evaluated = {row["event_id"]: self._read_event(row).event.payload for row in rows}
        for one in concluded:
            marks = planned_marks(
                one, evaluated[one.causation_id], self._horizons_seconds, self._fee_bps
            )
            await connection.executemany(_PLAN, [tuple(mark) for mark in marks])


def _row(mark: Event[SignalMarked], body: bytes) -> tuple[Any, ...]:
    payload = mark.payload
    return (
        *(payload.signal_id, payload.horizon_seconds, body),
        *(payload.marked_mid, payload.signed_return, payload.followed_paid),
    )
