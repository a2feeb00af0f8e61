"""Counts what became of intents, and says how long each stage took."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Final, Literal, NamedTuple, Self

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from gateway.http.caller import KeyScope, caller_of
from gateway.http.operations import Operation, Parameter
from gateway.http.parameters import invalid_parameter
from gateway.http.problems import ProblemCode
from gateway.http.query import moment
from gateway.http.responses import document_response
from gateway.routes.intent_filter import first_id_of
from gateway.services import services_of
from gateway.visibility import like_patterns
from tradewind.contracts.intents.lifecycle import INTENT, IntentState
from tradewind.contracts.wire import DecimalString, Document, Timestamp
from tradewind.ledger.history.intent_counts import (
    COMPLETION,
    BucketCount,
    Counts,
    Seen,
    StageTimes,
)
from tradewind.ledger.history.stages import Stage
from tradewind.runtime import clock

DEFAULT_WINDOW: Final = timedelta(hours=24)
LONGEST_WINDOW: Final = timedelta(days=366)
MAX_BUCKETS: Final = 60
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
WIDTHS_SECONDS: Final = (
    *(_MINUTE, 5 * _MINUTE, 10 * _MINUTE, 30 * _MINUTE),
    *(_HOUR, 3 * _HOUR, 6 * _HOUR, _DAY, 7 * _DAY),
)
RATE_STEP: Final = Decimal("0.0001")
MILLISECOND: Final = Decimal("0.001")
OPEN_STATES: Final = tuple(state for state in IntentState if state not in INTENT.terminal)
FATES: Final[Mapping[IntentState, str]] = {
    IntentState.COMPLETED: "completed",
    IntentState.RISK_REJECTED: "refused",
    IntentState.PLAN_REJECTED: "refused",
    IntentState.FAILED: "failed",
    IntentState.EXPIRED: "expired",
    IntentState.CANCELLED: "cancelled",
}
"""What became of an intent; those of the other states are open."""


class StateCount(Document):
    """How many intents of the window are in a state."""

    state: IntentState
    count: int = Field(ge=0)


class ReasonCount(Document):
    """How many intents of the window ended for a reason."""

    state: IntentState
    reason: str
    """`EXPIRED` where the time window closed."""
    count: int = Field(ge=1)
    last_at: Timestamp
    """When one last did."""


class StageTime(Document):
    """How long a stage took: from the event before it to the one that ended it."""

    stage: Stage | Literal["completion"]
    count: int = Field(ge=0)
    """How many intents went through it."""
    p50_seconds: DecimalString | None
    """Half of them were through it within this time; null where there were none."""
    p95_seconds: DecimalString | None


class Bucket(Document):
    """The intents submitted within a part of the window, by what has become of them."""

    at: Timestamp
    """Its beginning; it ends where the next one begins."""
    submitted: int = Field(ge=0)
    """All of them."""
    completed: int = Field(ge=0)
    refused: int = Field(ge=0)
    """By risk, by the planner or by a person."""
    failed: int = Field(ge=0)
    expired: int = Field(ge=0)
    cancelled: int = Field(ge=0)
    open: int = Field(ge=0)


class StatsDocument(Document):
    """Intents by what became of them. What a key does not cover is not counted."""

    since: Timestamp
    """The window: intents submitted at or after this time."""
    until: Timestamp
    """When it was counted."""
    intents: int = Field(ge=0)
    """How many the window has."""
    truncated: bool
    """The window has more intents than are counted; these are the newest."""
    by_state: tuple[StateCount, ...]
    """Every state, in the order of the lifecycle."""
    by_reason: tuple[ReasonCount, ...]
    """Why intents were refused, failed, expired or cancelled; the most frequent first."""
    reasons_looked_at: int = Field(ge=0)
    """Of how many such ends, the newest ones, the reasons were counted."""
    success_rate: DecimalString | None
    """Completed among all that ended and were not cancelled, from 0 to 1; null where none has."""
    open: int = Field(ge=0)
    """Intents that have not ended, whenever they were submitted."""
    open_by_state: tuple[StateCount, ...]
    in_flight: int = Field(ge=0)
    """Those of them whose transaction's outcome is unknown."""
    open_truncated: bool
    """There are more open intents than are counted."""
    stages: tuple[StageTime, ...]
    """In their order."""
    completion: StageTime
    """From submission to completion."""
    stages_looked_at: int = Field(ge=0)
    """Of how many intents, the newest of the window, the stages were timed."""
    bucket_seconds: int = Field(ge=1)
    buckets: tuple[Bucket, ...]
    """The window in parts of this length, the oldest first, 61 at most. They begin at round times,
    the first one before the window."""


async def show_stats(request: Request) -> Response:
    """GET /stats: what became of the intents of a window, and how long their stages took.

    The window begins at `since`, 24 hours ago where it is absent, and ends now. Where it has very
    many intents the newest are counted, and `truncated` says so.
    """
    now = clock.now()
    since = moment(request, "since") or now - DEFAULT_WINDOW
    if not now - LONGEST_WINDOW <= since < now:
        raise invalid_parameter("since", f"must be within the last {LONGEST_WINDOW.days} days")
    accounts = caller_of(request).accounts
    seen = Seen(like_patterns(accounts.strategies), like_patterns(accounts.portfolios))
    window = Window.of(since, now)
    counts = await services_of(request).records.counts.count(
        window.first_ids, first_id_of(since), seen
    )
    return document_response(request, stats_of(window, counts))


class Window(NamedTuple):
    """A stretch of time in parts of equal length that begin at round times."""

    since: datetime
    until: datetime
    seconds: int
    starts: Sequence[datetime]

    @classmethod
    def of(cls, since: datetime, until: datetime) -> Self:
        """Divide a stretch into as few as shows how it went, and 61 at most."""
        length = (until - since).total_seconds()
        seconds = next(one for one in WIDTHS_SECONDS if length <= one * MAX_BUCKETS)
        first = int(since.timestamp()) // seconds * seconds
        starts = range(first, int(until.timestamp()) + 1, seconds)
        return cls(since, until, seconds, [datetime.fromtimestamp(one, UTC) for one in starts])

    @property
    def first_ids(self) -> Sequence[str]:
        """The ids with which the parts begin."""
        return [first_id_of(one) for one in self.starts]


def stats_of(window: Window, counts: Counts) -> StatsDocument:
    """Return the document of what was counted in a window."""
    by_state = Counter(dict.fromkeys(IntentState, 0))
    for one in counts.buckets:
        by_state[one.state] += one.intents
    return StatsDocument(
        since=window.since,
        until=window.until,
        intents=by_state.total(),
        truncated=counts.is_truncated,
        by_state=_state_counts(by_state),
        by_reason=tuple(
            ReasonCount(state=one.state, reason=one.reason, count=one.intents, last_at=one.last_at)
            for one in counts.reasons
        ),
        reasons_looked_at=counts.reasons_read,
        success_rate=_success_rate(by_state),
        open=sum(counts.open.by_state.values()),
        open_by_state=_state_counts(counts.open.by_state, OPEN_STATES),
        in_flight=counts.open.in_flight,
        open_truncated=counts.open.is_truncated,
        stages=tuple(_stage_time(stage, counts.stages) for stage in Stage),
        completion=_stage_time(COMPLETION, counts.stages),
        stages_looked_at=counts.timed,
        bucket_seconds=window.seconds,
        buckets=_buckets(window, counts.buckets),
    )


def _state_counts(
    counts: Mapping[IntentState, int], states: Iterable[IntentState] = IntentState
) -> tuple[StateCount, ...]:
    return tuple(StateCount(state=state, count=counts[state]) for state in states)


def _success_rate(by_state: Mapping[IntentState, int]) -> Decimal | None:
    ended = sum(by_state[state] for state in INTENT.terminal - {IntentState.CANCELLED})
    if not ended:
        return None
    rate = Decimal(by_state[IntentState.COMPLETED]) / ended
    return rate.quantize(RATE_STEP, rounding=ROUND_DOWN)


def _stage_time(stage: Stage | Literal["completion"], times: Mapping[str, StageTimes]) -> StageTime:
    found = times.get(stage)
    return StageTime(
        stage=stage,
        count=0 if found is None else found.intents,
        p50_seconds=None if found is None else _seconds(found.p50),
        p95_seconds=None if found is None else _seconds(found.p95),
    )


def _seconds(value: float) -> Decimal:
    return Decimal(str(value)).quantize(MILLISECOND)


def _buckets(window: Window, counts: Sequence[BucketCount]) -> tuple[Bucket, ...]:
    tallies = [Counter[str]() for _ in window.starts]
    for one in counts:
        tallies[one.bucket][FATES.get(one.state, "open")] += one.intents
    return tuple(
        Bucket(
            at=start,
            submitted=tally.total(),
            completed=tally["completed"],
            refused=tally["refused"],
            failed=tally["failed"],
            expired=tally["expired"],
            cancelled=tally["cancelled"],
            open=tally["open"],
        )
        for start, tally in zip(window.starts, tallies, strict=True)
    )


OPERATIONS: Final = [
    Operation(
        "GET",
        "/stats",
        show_stats,
        tag="intents",
        scope=KeyScope.READ,
        answer=StatsDocument,
        parameters=[
            Parameter(
                "since",
                "query",
                Timestamp,
                "Only intents submitted at or after this time, within the last 366 days.",
            )
        ],
        problems=[ProblemCode.READ_UNAVAILABLE],
    )
]
