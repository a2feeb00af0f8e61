"""Shows what models cost, how long they take, how they fail, and how well they are calibrated."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from pydantic import Field, TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from gateway.http.caller import KeyScope
from gateway.http.common_parameters import LIMIT
from gateway.http.operations import Operation, Parameter
from gateway.http.parameters import invalid_parameter, page_size
from gateway.http.problems import ProblemCode
from gateway.http.query import ListPage, chosen, cut, moment, page_of, typed
from gateway.http.responses import document_response
from gateway.routes.decisions import MODELS
from gateway.services import services_of
from gateway.signals.documents import ModelDocument, Models, Summary
from gateway.visibility import visibility
from tradewind.contracts.decisions.model import DecisionStatus, ModelName
from tradewind.contracts.ids import CorrelationKind, make_correlation_id
from tradewind.contracts.wire import Timestamp, format_timestamp, parse_time
from tradewind.runtime import clock
from tradewind.trading.evaluations.telemetry import CallFilter, ModelCall

DEFAULT_PERIOD: Final = timedelta(days=1)
MAX_PERIOD: Final = timedelta(days=31)
_AFTER_ALL: Final = (datetime(9999, 1, 1, tzinfo=UTC), "")
_SEPARATOR: Final = "_"
PromptVersion = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9@._-]{0,63}$")]
SignalHistory = Annotated[str, Field(pattern=r"^signal-[0-7][0-9A-HJKMNP-TV-Z]{25}$")]
_PROMPTS: TypeAdapter[str] = TypeAdapter(PromptVersion)
_SIGNALS: TypeAdapter[str] = TypeAdapter(SignalHistory)
CallCursor = Annotated[str, Field(pattern=r"^[0-9TZ.:-]{20,30}_[A-Za-z0-9_.~-]{1,96}$")]


async def list_models(request: Request) -> Response:
    """GET /models: every model that was asked since a time, a day ago when it is left out.

    Cost, latency and errors are by prompt; calibration is over all time. A model that answers
    without a vendor costs nothing.
    """
    since, telemetry = _since(request), services_of(request).signals.telemetry
    prompts = await telemetry.summary(since)
    scores = await telemetry.scores()
    budgets = {one.model: one for one in await telemetry.budgets(clock.now().date())}
    names = sorted({one.model for one in prompts} | {one.model for one in scores} | set(budgets))
    items = tuple(
        ModelDocument(
            model=name,
            prompts=tuple(one for one in prompts if one.model == name),
            calibration=tuple(one for one in scores if one.model == name),
            budget=budgets.get(name),
        )
        for name in names
    )
    return document_response(request, Models(since=since, items=items))


async def list_calls(request: Request) -> Response:
    """GET /agents/llm/telemetry: questions to models, newest first, without what was said."""
    wanted = CallFilter(
        typed(request, "model", MODELS, "the name of a model"),
        chosen(request, "status", tuple(DecisionStatus)),
        typed(request, "prompt_version", _PROMPTS, "the version of a prompt such as core@1"),
        _signal(request),
        moment(request, "since"),
    )
    limit, telemetry = page_size(request), services_of(request).signals.telemetry
    page, last = cut(await telemetry.calls(_place(request), limit + 1, wanted), limit)
    may_see = await visibility(request, map(_correlation, page))
    items = [one for one in page if may_see(_correlation(one))]
    following = last and f"{format_timestamp(last.claimed_at)}{_SEPARATOR}{last.name}"
    return document_response(request, page_of(items, following))


async def summarise_calls(request: Request) -> Response:
    """GET /agents/llm/summary: usage by model and prompt since a time, a day ago if left out."""
    since = _since(request)
    model = typed(request, "model", MODELS, "the name of a model")
    items = await services_of(request).signals.telemetry.summary(since, model)
    return document_response(request, Summary(since=since, items=tuple(items)))


def _signal(request: Request) -> str | None:
    """Return the signal whose history the query names."""
    name = typed(request, "correlation_id", _SIGNALS, "the history of a signal, signal-<id>")
    return None if name is None else name.partition("-")[2]


def _since(request: Request) -> datetime:
    now = clock.now()
    since = moment(request, "since") or now - DEFAULT_PERIOD
    if not now - MAX_PERIOD <= since <= now:
        days = MAX_PERIOD.days
        raise invalid_parameter("since", f"must be in the last {days} days", days)
    return since


def _place(request: Request) -> tuple[datetime, str]:
    text = request.query_params.get("cursor")
    if text is None:
        return _AFTER_ALL
    time, _, name = text.partition(_SEPARATOR)
    try:
        # Times are told in milliseconds and kept in microseconds.
        return parse_time(time), name if name.isascii() and len(name) <= 96 else ""
    except ValueError:
        raise invalid_parameter("cursor", "must be the next_cursor of a page") from None


def _correlation(call: ModelCall) -> str:
    return make_correlation_id(CorrelationKind.SIGNAL, call.signal_id)


_MODEL: Final = Parameter("model", "query", ModelName, "Only of this model.")
_SINCE: Final = Parameter("since", "query", Timestamp, "Asked at or after this time.")
OPERATIONS: Final = [
    Operation(
        "GET",
        "/models",
        list_models,
        tag="models",
        scope=KeyScope.READ,
        answer=Models,
        parameters=[_SINCE],
        problems=[ProblemCode.READ_UNAVAILABLE],
    ),
    Operation(
        "GET",
        "/agents/llm/telemetry",
        list_calls,
        tag="models",
        scope=KeyScope.READ,
        answer=ListPage[ModelCall],
        parameters=[
            _MODEL,
            Parameter("status", "query", DecisionStatus, "Only questions that ended so."),
            Parameter("prompt_version", "query", PromptVersion, "Only with this prompt."),
            Parameter("correlation_id", "query", SignalHistory, "Only about this signal."),
            _SINCE,
            Parameter("cursor", "query", CallCursor, "The `next_cursor` of the page before."),
            LIMIT,
        ],
        problems=[ProblemCode.READ_UNAVAILABLE],
    ),
    Operation(
        "GET",
        "/agents/llm/summary",
        summarise_calls,
        tag="models",
        scope=KeyScope.READ,
        answer=Summary,
        parameters=[_SINCE, _MODEL],
        problems=[ProblemCode.READ_UNAVAILABLE],
    ),
]
