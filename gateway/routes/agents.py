"""Shows what the roles do: the events they publish, what belongs to one, and how each fares."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import Field, TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from gateway.http.caller import KeyScope, caller_of
from gateway.http.media_types import JSON
from gateway.http.operations import Operation, Parameter
from gateway.http.parameters import invalid_parameter
from gateway.http.problems import ProblemCode
from gateway.http.query import typed
from gateway.http.responses import document_response
from gateway.ports import LagByDurable
from gateway.routes.events import (
    CORRELATION,
    PAGED,
    EventPage,
    correlation_in,
    event_page,
    times_in,
    topics_matching,
    topics_parameter,
)
from gateway.services import services_of
from tradewind.contracts.envelope import Producer
from tradewind.contracts.ids import CorrelationKind, make_correlation_id
from tradewind.contracts.roles import ROLES, Kind, QueueGroup, Role
from tradewind.contracts.wire import DecimalString, Document, Timestamp
from tradewind.ledger.history.search import EventFilter
from tradewind.ledger.upkeep.backlogs import OpenHistories
from tradewind.runtime import clock

LIVE: Final = "live"
STALLED_SECONDS: Final = 30
"""Work that nobody has taken up for so long is stalled: a group takes up what it gets at once."""
MILLISECOND: Final = Decimal("0.001")

_PRODUCER: TypeAdapter[str] = TypeAdapter(Producer)
_RUN_PATTERN: Final = r"^(?:live|[0-7][0-9A-HJKMNP-TV-Z]{25})$"
RunId = Annotated[str, Field(pattern=_RUN_PATTERN)]
_RUN: TypeAdapter[str] = TypeAdapter(RunId)

type Status = Literal["running", "idle", "stalled", "stopped", "unknown"]


class Workflow(Document):
    """A role, and the messages that wait for its workers."""

    role: Role
    queue_group: str | None
    """Null for a role that is a loop, or that acts on requests."""
    status: Status
    """`stopped`: none of its processes is heard. `stalled`: a loop of it hangs, or work waits for
    more than 30 s and nobody is at it. `running`: work waits or is done. `idle`: none does, however
    long ago the last was. `unknown`: this gateway cannot tell, as it has just begun, or the broker
    is silent."""
    processes: int = Field(ge=0)
    pending: int | None
    """Messages that no worker has been given yet; null where the broker does not say."""
    in_flight: int | None
    redelivered: int | None
    oldest_seconds: DecimalString | None
    """How long the oldest history has waited for this group; null where none does, or for a key
    that is about some accounts only."""
    dead_letters: int | None


class OpenState(Document):
    """Open histories whose last event is of one topic, 10,000 looked at in all."""

    last_topic: str
    count: int
    oldest_at: Timestamp
    """Since when the oldest of them has stood there."""


class WorkflowList(Document):
    """The roles in the order in which an intent meets them, and what is open."""

    items: tuple[Workflow, ...]
    open_flows: tuple[OpenState, ...] | None
    """Null for a key that is about some accounts only."""


async def list_agent_events(request: Request) -> Response:
    """GET /agents/events: what roles published, newest first, as it was published.

    `type` has topics or patterns such as `exec.*`; `source` is the role that published it.
    """
    return await event_page(request, _wanted(request))


async def list_workflows(request: Request) -> Response:
    """GET /agents/workflows: how each role fares, by what the broker and its processes say."""
    services = services_of(request)
    report = await services.readiness.report()
    heard = {one["role"]: one for one in services.processes.roles()}
    sees_all = caller_of(request).accounts.are_all
    backlogs = services.records.backlogs
    letters = await backlogs.open_dead_letters() if sees_all else None
    still_open = await backlogs.open_histories() if sees_all else None
    items = tuple(
        _workflow(name, group, heard[name], report.lags, letters, still_open)
        for name, role in ROLES.items()
        if name in heard
        for group in role.queue_groups or (None,)
    )
    document = WorkflowList(
        items=items,
        open_flows=None
        if still_open is None
        else tuple(
            OpenState(last_topic=one.last_topic, count=one.histories, oldest_at=one.oldest_at)
            for one in still_open
        ),
    )
    return document_response(request, document)


def _workflow(
    name: str,
    group: QueueGroup | None,
    heard: Mapping[str, Any],
    lags: LagByDurable,
    letters: Mapping[str, int] | None,
    still_open: Sequence[OpenHistories] | None,
) -> Workflow:
    lag = None if group is None else lags.get(group.durable)
    oldest = None if group is None else _oldest_seconds(group, still_open)
    return Workflow(
        role=Role(name),
        queue_group=None if group is None else group.name,
        status=status_of(
            heard["status"],
            ROLES[name].kind,
            None if lag is None else (lag.pending, lag.unacknowledged),
            oldest,
            has_group=group is not None,
        ),
        processes=heard["processes"],
        pending=None if lag is None else lag.pending,
        in_flight=None if lag is None else lag.unacknowledged,
        redelivered=None if lag is None else lag.redelivered,
        oldest_seconds=oldest,
        dead_letters=None
        if letters is None
        else 0
        if group is None
        else letters.get(group.name, 0),
    )


def status_of(
    heard: str,
    kind: Kind,
    waiting: tuple[int, int] | None,
    oldest_seconds: Decimal | None,
    *,
    has_group: bool,
) -> Status:
    """Return how a role fares: from what is heard of its processes, and what waits for them.

    `waiting` has the messages nobody has been given, and those that somebody has; None where the
    broker does not say.
    """
    if heard == "missing":
        return "stopped"
    if heard == "unknown":
        return "unknown"
    if heard == "stalled":
        return "stalled"
    if not has_group:
        return "running" if kind is Kind.LOOP else "idle"
    if waiting is None:
        return "unknown"
    pending, in_flight = waiting
    if pending and not in_flight and (oldest_seconds or 0) > STALLED_SECONDS:
        return "stalled"
    return "running" if pending or in_flight else "idle"


def _oldest_seconds(
    group: QueueGroup, still_open: Sequence[OpenHistories] | None
) -> Decimal | None:
    times = [one.oldest_at for one in still_open or () if one.last_topic in group.topics]
    return _seconds_since(min(times)) if times else None


def _seconds_since(moment_before: datetime) -> Decimal:
    seconds = max(0.0, (clock.now() - moment_before).total_seconds())
    return Decimal(str(seconds)).quantize(MILLISECOND)


def _wanted(request: Request) -> EventFilter:
    return EventFilter(
        topics_matching(request, "type"),
        None,
        _correlation(request),
        *times_in(request, "since", "until"),
        typed(request, "source", _PRODUCER, "a role such as planner"),
    )


def _correlation(request: Request) -> str | None:
    """Return the history that is asked for: by its name, or as that of a back-test."""
    named = correlation_in(request)
    run_id = typed(request, "run_id", _RUN, "`live`, or the id of a back-test")
    if run_id in (None, LIVE):
        return named
    of_run = make_correlation_id(CorrelationKind.BACKTEST, str(run_id))
    if named not in (None, of_run):
        raise invalid_parameter("run_id", "is of another history than correlation_id")
    return of_run


OPERATIONS: Final = [
    Operation(
        "GET",
        "/agents/events",
        list_agent_events,
        tag="agents",
        scope=KeyScope.READ,
        answer=EventPage,
        parameters=[
            topics_parameter("type"),
            Parameter("source", "query", Producer, "The role it is from."),
            Parameter("run_id", "query", RunId, "`live`, or a back-test's id."),
            CORRELATION,
            Parameter("since", "query", Timestamp, "Recorded at or after this time."),
            Parameter("until", "query", Timestamp, "Recorded before this time."),
            *PAGED,
        ],
        problems=[ProblemCode.READ_UNAVAILABLE],
        media_type=JSON,
    ),
    Operation(
        "GET",
        "/agents/workflows",
        list_workflows,
        tag="agents",
        scope=KeyScope.READ,
        answer=WorkflowList,
        problems=[ProblemCode.READ_UNAVAILABLE],
    ),
]
