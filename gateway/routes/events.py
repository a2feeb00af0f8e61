"""Shows recorded events of all histories."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import Field, TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from gateway.http.caller import KeyScope
from gateway.http.common_parameters import LIMIT
from gateway.http.media_types import JSON
from gateway.http.operations import Operation, Parameter
from gateway.http.parameters import invalid_parameter, page_size
from gateway.http.problems import ProblemCode
from gateway.http.query import chosen, cut, integer, moment, typed
from gateway.http.responses import raw_page_response
from gateway.services import services_of
from gateway.stream.topic_patterns import InvalidPattern, parse_pattern
from gateway.visibility import visibility
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.ids import CorrelationId
from tradewind.contracts.intents.model import PortfolioId
from tradewind.contracts.registry import TOPICS
from tradewind.contracts.wire import Document, Timestamp, format_timestamp
from tradewind.ledger.history.search import MAX_GLOBAL_SEQ, EventFilter
from tradewind.ledger.records import RecordedEvent

MAX_PATTERNS: Final = 16
ORDERS: Final = ("newest_first", "oldest_first")

_PORTFOLIO: TypeAdapter[str] = TypeAdapter(PortfolioId)
_CORRELATION: TypeAdapter[str] = TypeAdapter(CorrelationId)


class ListedEvent(Document):
    """An event, and its place in the ledger."""

    global_seq: Annotated[int, Field(ge=1)]
    """Its number: the ledger counts its events without gaps."""
    recorded_at: Timestamp
    event: AnyEvent
    """The envelope, byte for byte as it was published."""


class EventPage(Document):
    """Events in the order asked for; `next_cursor` is null on the last page.

    A page may be shorter than `limit` before the last one.
    """

    items: tuple[ListedEvent, ...]
    next_cursor: int | None = None


async def list_events(request: Request) -> Response:
    """GET /events: recorded events, by topic, portfolio, history and time of recording.

    They come in the order in which they were recorded, the newest first unless told otherwise. A
    time range includes its beginning and not its end.
    """
    newest_first = chosen(request, "order", ORDERS) != "oldest_first"
    return await event_page(request, _wanted(request), newest_first=newest_first)


async def event_page(
    request: Request, wanted: EventFilter, *, newest_first: bool = True
) -> Response:
    """Return the page that a request asks for of some events, without those it may not see."""
    limit, cursor = page_size(request), integer(request, "cursor", 0, MAX_GLOBAL_SEQ)
    found = await services_of(request).records.events.page(
        wanted, cursor, limit + 1, newest_first=newest_first
    )
    page, last = cut(found, limit)
    may_see = await visibility(request, [one.event.correlation_id for one in page])
    items = [item_of(one) for one in page if may_see(one.event.correlation_id)]
    return raw_page_response(request, items, None if last is None else last.global_seq)


def item_of(one: RecordedEvent) -> bytes:
    """Return an event of a list as JSON."""
    head = f'{{"global_seq":{one.global_seq},"recorded_at":"{format_timestamp(one.recorded_at)}"'
    return b'%s,"event":%s}' % (head.encode(), one.body)


def _wanted(request: Request) -> EventFilter:
    since, until = times_in(request, "from", "to")
    expected = "1 to 64 letters, digits, - or _, the first a letter or digit"
    return EventFilter(
        topics_matching(request, "topics"),
        typed(request, "portfolio_id", _PORTFOLIO, expected),
        correlation_in(request),
        since,
        until,
    )


def times_in(request: Request, first: str, second: str) -> tuple[datetime | None, datetime | None]:
    """Return the times between which events were recorded, by the names of the parameters."""
    since, until = moment(request, first), moment(request, second)
    if since is not None and until is not None and until <= since:
        raise invalid_parameter(second, f"must be later than {first}")
    return since, until


def correlation_in(request: Request) -> str | None:
    """Return the history that is asked for."""
    return typed(request, "correlation_id", _CORRELATION, "a correlation such as intent-<id>")


def topics_matching(request: Request, name: str) -> Sequence[str] | None:
    """Return the topics that match one of a parameter's patterns; None when there are none."""
    text = request.query_params.get(name)
    if text is None:
        return None
    texts = text.split(",")
    if len(texts) > MAX_PATTERNS:
        raise invalid_parameter(name, f"has at most {MAX_PATTERNS} patterns", MAX_PATTERNS)
    try:
        patterns = [parse_pattern(one) for one in texts]
    except InvalidPattern as error:
        raise invalid_parameter(name, f"is wrong: {error}") from None
    return sorted(topic for topic in TOPICS if any(one.matches(topic) for one in patterns))


def topics_parameter(name: str) -> Parameter:
    """Return the parameter of topics and patterns, which `topics_matching` reads."""
    description = "Topics or patterns such as `exec.*`, up to 16, separated by commas."
    return Parameter(
        name, "query", Annotated[str, Field(min_length=1, max_length=1_024)], description
    )


CORRELATION: Final = Parameter(
    "correlation_id", "query", CorrelationId, "Only events of this history."
)
PAGED: Final = (
    Parameter(
        "cursor",
        "query",
        Annotated[int, Field(ge=0, le=MAX_GLOBAL_SEQ)],
        "The `next_cursor` of the page before; a `global_seq`.",
    ),
    LIMIT,
)


OPERATIONS = [
    Operation(
        "GET",
        "/events",
        list_events,
        tag="events",
        scope=KeyScope.READ,
        answer=EventPage,
        parameters=[
            topics_parameter("topics"),
            Parameter("portfolio_id", "query", PortfolioId, "Only events of this portfolio."),
            CORRELATION,
            Parameter("from", "query", Timestamp, "Recorded at or after this time."),
            Parameter("to", "query", Timestamp, "Recorded before this time."),
            Parameter(
                "order",
                "query",
                Literal["newest_first", "oldest_first"],
                "The order of the list, `newest_first` when absent.",
            ),
            *PAGED,
        ],
        problems=[ProblemCode.READ_UNAVAILABLE],
        media_type=JSON,
    )
]
