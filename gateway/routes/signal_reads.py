"""Shows signals: lists of them, and what was made of one."""

from collections.abc import Sequence
from typing import Final, get_args

from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from gateway.http.aliases import aliased
from gateway.http.caller import KeyScope, caller_of
from gateway.http.common_parameters import LIMIT, path_parameter
from gateway.http.operations import Operation, Parameter
from gateway.http.parameters import page_size, path_ulid
from gateway.http.problems import Problem, ProblemCode
from gateway.http.query import ListPage, chosen, page_of, typed
from gateway.http.responses import document_response
from gateway.routes.document_list import Wanted, bounds, listed, ulid_cursor
from gateway.services import services_of
from gateway.signals.documents import (
    SignalDetail,
    SignalStatus,
    Timeline,
    detail_of,
    status_of,
)
from gateway.submission.recent_submissions import NOTHING_RECORDED
from gateway.visibility import is_covered, is_history_covered, is_opening_covered
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.ids import CorrelationKind, Ulid, make_correlation_id
from tradewind.contracts.signals.lifecycle import SignalState
from tradewind.contracts.signals.model import SignalEventType, SignalSymbol, SourceId
from tradewind.contracts.wire import Timestamp
from tradewind.readmodels.models.signal import SIGNAL, SignalDocument
from tradewind.readmodels.models.signal_history import SIGNAL_HISTORY
from tradewind.runtime import clock

EVENT_TYPES: Final[Sequence[str]] = get_args(SignalEventType)
SYMBOLS: TypeAdapter[str] = TypeAdapter(SignalSymbol)
_SOURCES: TypeAdapter[str] = TypeAdapter(SourceId)


async def list_signals(request: Request) -> Response:
    """GET /signals: newest first, filtered, paged by cursor.

    A page may be short, or empty, before the last one; only `next_cursor` says whether there is
    more.
    """
    event_type = chosen(request, "event_type", EVENT_TYPES)
    where = {
        "state": chosen(request, "status", tuple(SignalState)),
        "source": typed(request, "source", _SOURCES, "the name of a source"),
        "symbol": typed(request, "symbol", SYMBOLS, "1 to 16 letters and digits"),
    }

    def fits(signal: SignalDocument) -> bool:
        return signal.event_type == event_type

    wanted = Wanted(SIGNAL, where, fits if event_type else None, *bounds(request))
    page = await listed(request, wanted, ulid_cursor(request), page_size(request))
    return document_response(request, page_of(page.items, page.next_cursor))


async def show_signal(request: Request) -> Response:
    """GET /signals/{signal_id}: the signal, what models were told, their decisions, its timeline.

    The id of its `signal.received` names it as well.
    """
    history = await _history(request)
    detail = detail_of(history, NOTHING_RECORDED)
    if detail is None:
        raise _no_signal(request)
    if detail.signal.conclusion is not None:
        marks = await services_of(request).signals.telemetry.marks(detail.signal.signal_id)
        detail = detail.model_copy(update={"marks": tuple(marks)})
    return document_response(request, detail)


async def show_signal_status(request: Request) -> Response:
    """GET /signals/{signal_id}/status: how far it is, and how long that has taken."""
    return document_response(request, status_of(await _document(request), clock.now()))


async def show_signal_timeline(request: Request) -> Response:
    """GET /signals/{signal_id}/timeline: its events with the time between them."""
    detail = detail_of(await _history(request), NOTHING_RECORDED)
    if detail is None:
        raise _no_signal(request)
    timeline = Timeline(signal_id=detail.signal.signal_id, items=detail.timeline)
    return document_response(request, timeline)


async def opening_of_signal(request: Request, signal_id: str) -> None:
    """Raise SIGNAL_NOT_FOUND unless the caller may know of a signal."""
    document = await services_of(request).read_models.read(SIGNAL, signal_id)
    if document is None:
        await _just_received(request, signal_id)
    elif not await is_covered(request, document, document.strategy_id):
        raise _no_signal(request)


async def _document(request: Request) -> SignalDocument:
    signal_id = await _signal_id(request)
    document = await services_of(request).read_models.read(SIGNAL, signal_id)
    if document is None:
        opening = await _just_received(request, signal_id)
        document = SIGNAL_HISTORY.fold([opening], NOTHING_RECORDED).signal
        assert document is not None
    elif not await is_covered(request, document, document.strategy_id):
        raise _no_signal(request)
    return document


async def _history(request: Request) -> list[AnyEvent]:
    """Return the events of a signal that the caller may see."""
    signal_id = await _signal_id(request)
    correlation_id = make_correlation_id(CorrelationKind.SIGNAL, signal_id)
    recorded = await services_of(request).history.history(correlation_id)
    if not recorded:
        return [await _just_received(request, signal_id)]
    if not await is_history_covered(request, correlation_id):
        raise _no_signal(request)
    return [one.event for one in recorded]


async def _signal_id(request: Request) -> str:
    """Return the signal that the path names: by its own id, or by that of its first event."""
    named = path_ulid(request, "signal_id")
    signals, records = services_of(request).signals, services_of(request).records
    correlation_id = make_correlation_id(CorrelationKind.SIGNAL, named)
    if await records.lookup.is_history(correlation_id) or await signals.intake.find(named):
        return named
    found = (await records.lookup.named(named)).event or ""
    prefix = make_correlation_id(CorrelationKind.SIGNAL, "")
    return found.removeprefix(prefix) if found.startswith(prefix) else named


async def _just_received(request: Request, signal_id: str) -> AnyEvent:
    """Return the event of a signal that is kept and that the coordinator has not recorded yet."""
    event = await services_of(request).signals.intake.find(signal_id)
    if event is None or not is_opening_covered(caller_of(request).accounts, event):
        raise _no_signal(request)
    return event


def _no_signal(request: Request) -> Problem:
    named = request.path_params["signal_id"]
    return Problem(ProblemCode.SIGNAL_NOT_FOUND, f"no signal has the id {named}")


SIGNAL_ID: Final = path_parameter("signal_id", Ulid, "The signal's id.")
PERIOD: Final = [
    Parameter("since", "query", Timestamp, "Received at or after this time."),
    Parameter("until", "query", Timestamp, "Received before this time."),
]
CURSOR: Final = Parameter("cursor", "query", Ulid, "The `next_cursor` of the page before.")
READ_PROBLEMS: Final = [
    ProblemCode.SIGNAL_NOT_FOUND,
    ProblemCode.READ_UNAVAILABLE,
    ProblemCode.REBUILDING,
]
_LIST: Final = Operation(
    "GET",
    "/signals",
    list_signals,
    tag="signals",
    scope=KeyScope.READ,
    answer=ListPage[SignalDocument],
    parameters=[
        Parameter("symbol", "query", SignalSymbol, "Only of this symbol."),
        Parameter("event_type", "query", SignalEventType, "Only of this type."),
        Parameter("source", "query", SourceId, "Only of this source."),
        Parameter("status", "query", SignalState, "Only those that are so far."),
        *PERIOD,
        CURSOR,
        LIMIT,
    ],
    problems=[ProblemCode.READ_UNAVAILABLE, ProblemCode.REBUILDING],
)
_SHOW: Final = Operation(
    "GET",
    "/signals/{signal_id}",
    show_signal,
    tag="signals",
    scope=KeyScope.READ,
    answer=SignalDetail,
    parameters=[SIGNAL_ID],
    problems=READ_PROBLEMS,
)
_STATUS: Final = Operation(
    "GET",
    "/signals/{signal_id}/status",
    show_signal_status,
    tag="signals",
    scope=KeyScope.READ,
    answer=SignalStatus,
    parameters=[SIGNAL_ID],
    problems=READ_PROBLEMS,
)
OPERATIONS: Final = [
    _LIST,
    _SHOW,
    _STATUS,
    Operation(
        "GET",
        "/signals/{signal_id}/timeline",
        show_signal_timeline,
        tag="signals",
        scope=KeyScope.READ,
        answer=Timeline,
        parameters=[SIGNAL_ID],
        problems=READ_PROBLEMS,
    ),
    aliased(_LIST, "/api/v1/events", "list_events_v1"),
    aliased(_SHOW, "/api/v1/events/{signal_id}", "show_event_v1"),
    aliased(_STATUS, "/api/v1/events/{signal_id}/status", "show_event_status_v1"),
]
