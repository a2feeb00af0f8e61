"""Counts intents by what became of them, without reading their events.

The last topic of a history tells the state of its intent, and its id when it was submitted. So a
window is a range of the table of heads, and only samples of it are looked into.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from tradewind.contracts.execution.payloads import (
    ExecutionFailed,
    StepReorged,
    StepSubmitted,
)
from tradewind.contracts.ids import CorrelationKind, make_correlation_id
from tradewind.contracts.intents.lifecycle import INTENT, IntentState
from tradewind.contracts.intents.payloads import IntentCancelled, IntentExpired
from tradewind.contracts.plans.payloads import PlanRejected
from tradewind.contracts.risk.payloads import RiskRejected
from tradewind.ledger.history.histories import whole
from tradewind.ledger.history.stages import STAGE_OF_TOPIC
from tradewind.ledger.queries import QUERIES
from tradewind.postgres import Connection, Pool, outage_is_transient

MAX_COUNTED: Final = 100_000
"""How many intents a count looks at."""
MAX_LOOKED_UP: Final = 10_000
"""How many it looks at where each intent's owner has to be looked up."""
MAX_REASONS_READ: Final = 2_000
MAX_TIMED: Final = 500

COMPLETION: Final = "completion"
SAMPLE: Final = "sample"
ENDS_WITH_REASON: Final = (
    RiskRejected.topic,
    PlanRejected.topic,
    ExecutionFailed.topic,
    IntentExpired.topic,
    IntentCancelled.topic,
)
AT_VENUE: Final = (StepSubmitted.topic, StepReorged.topic)


class _Intents(NamedTuple):
    """Two statements for the same intents: of everybody, and with a look at their owners."""

    of_all: str
    of_some: str


_NEWEST = _Intents(QUERIES["newest_intents"], QUERIES["newest_intents_of"])
_STILL_OPEN = _Intents(QUERIES["open_intents"], QUERIES["open_intents_of"])
_COUNT = QUERIES["count_intents"]
_OPEN = QUERIES["count_open_intents"]
_REASONS = QUERIES["count_reasons"]
_STAGES = QUERIES["time_stages"]


def _states() -> Mapping[str, IntentState]:
    states: dict[str, IntentState] = {}
    for line in INTENT.transitions:
        states.setdefault(line.trigger.topic, line.target)
    return states


STATE_OF_TOPIC: Final = _states()
"""The state an intent is in whose last event has a topic."""


class Seen(NamedTuple):
    """Whose intents are counted: LIKE patterns, of which one has to match; None for all."""

    strategies: Sequence[str] | None = None
    portfolios: Sequence[str] | None = None

    @property
    def is_all(self) -> bool:
        return self.strategies is None and self.portfolios is None


class BucketCount(NamedTuple):
    """How many intents of a bucket, counted from 0, are in a state."""

    bucket: int
    state: IntentState
    intents: int


class OpenCounts(NamedTuple):
    """Intents that have not ended."""

    by_state: Mapping[IntentState, int]
    in_flight: int
    is_truncated: bool


class EndCount(NamedTuple):
    """How often intents ended for a reason."""

    state: IntentState
    reason: str
    intents: int
    last_at: datetime


class StageTimes(NamedTuple):
    """How long a stage took, in seconds."""

    intents: int
    p50: float
    p95: float


class Counts(NamedTuple):
    """What became of the intents of a window."""

    buckets: Sequence[BucketCount]
    is_truncated: bool
    open: OpenCounts
    reasons: Sequence[EndCount]
    reasons_read: int
    stages: Mapping[str, StageTimes]
    """By stage, and of the whole way."""
    timed: int


class IntentCounts:
    """Counts. It raises TransientError while PostgreSQL is unavailable."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def count(self, first_ids: Sequence[str], lowest: str, seen: Seen) -> Counts:
        """Count the intents with ids from `lowest` on, by buckets that begin with `first_ids`."""
        with outage_is_transient():
            async with self._pool.acquire() as connection:
                counting = _Counting(connection, lowest, seen)
                buckets, is_truncated = await counting.buckets(first_ids)
                still_open = await counting.open()
                reasons, reasons_read = await counting.reasons()
                stages = await counting.stages()
        sample = stages.pop(SAMPLE, None)
        timed = 0 if sample is None else sample.intents
        return Counts(buckets, is_truncated, still_open, reasons, reasons_read, stages, timed)


class _Counting:
    """One count, on one connection."""

    def __init__(self, connection: Connection, lowest: str, seen: Seen) -> None:
        _, self._all, self._until = whole(CorrelationKind.INTENT)
        self._connection = connection
        self._since = make_correlation_id(CorrelationKind.INTENT, lowest)
        self._seen = seen
        self._most = MAX_COUNTED if seen.is_all else MAX_LOOKED_UP

    async def buckets(self, first_ids: Sequence[str]) -> tuple[list[BucketCount], bool]:
        firsts = [make_correlation_id(CorrelationKind.INTENT, one) for one in first_ids]
        rows = await self._fetch(_COUNT, _NEWEST, self._since, firsts)
        counts = [
            BucketCount(
                max(0, row["bucket"] - 1), STATE_OF_TOPIC[row["last_topic"]], row["intents"]
            )
            for row in rows
            if row["last_topic"] in STATE_OF_TOPIC
        ]
        return counts, sum(row["looked_at"] for row in rows) >= self._most

    async def open(self) -> OpenCounts:
        rows = await self._fetch(_OPEN, _STILL_OPEN, self._all, AT_VENUE)
        by_state = dict.fromkeys(IntentState, 0)
        for row in rows:
            if row["last_topic"] in STATE_OF_TOPIC:
                by_state[STATE_OF_TOPIC[row["last_topic"]]] += row["intents"]
        in_flight = sum(row["in_flight"] for row in rows)
        return OpenCounts(by_state, in_flight, sum(row["looked_at"] for row in rows) >= self._most)

    async def reasons(self) -> tuple[list[EndCount], int]:
        rows = await self._fetch(_REASONS, _NEWEST, self._since, ENDS_WITH_REASON, MAX_REASONS_READ)
        counts = [
            EndCount(
                STATE_OF_TOPIC[row["last_topic"]], row["reason"], row["intents"], row["last_at"]
            )
            for row in rows
        ]
        return counts, rows[0]["looked_at"] if rows else 0

    async def stages(self) -> dict[str, StageTimes]:
        topics, stages = [*STAGE_OF_TOPIC], [*STAGE_OF_TOPIC.values()]
        rows = await self._fetch(_STAGES, _NEWEST, self._since, MAX_TIMED, topics, stages)
        return {row["stage"]: StageTimes(row["intents"], row["p50"], row["p95"]) for row in rows}

    async def _fetch(
        self, statement: str, intents: _Intents, since: str, *arguments: object
    ) -> list[Any]:
        rows: list[Any] = await self._connection.fetch(
            statement.replace(":intents", intents.of_all if self._seen.is_all else intents.of_some),
            since, self._until, self._most, self._seen.strategies, self._seen.portfolios,
            *arguments,
        )  # fmt: skip
        return rows
