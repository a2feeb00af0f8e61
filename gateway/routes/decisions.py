"""Shows what models decided about signals."""

from typing import Annotated, Final

from pydantic import Field, TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from gateway.http.aliases import aliased
from gateway.http.caller import KeyScope, caller_of
from gateway.http.common_parameters import LIMIT, path_parameter
from gateway.http.operations import Operation, Parameter
from gateway.http.parameters import page_size, path_ulid
from gateway.http.problems import Problem, ProblemCode
from gateway.http.query import ListPage, chosen, integer, page_of, typed
from gateway.http.responses import document_response
from gateway.routes.document_list import Wanted, bounds, listed, ulid_cursor
from gateway.routes.signal_reads import CURSOR, EVENT_TYPES, PERIOD, SYMBOLS
from gateway.services import services_of
from gateway.signals.documents import DecisionDetail, RenderedPrompt
from gateway.visibility import is_covered
from tradewind.contracts.decisions.model import DecisionStatus, ModelName, Verdict
from tradewind.contracts.ids import Ulid
from tradewind.contracts.signals.model import SignalEventType, SignalSymbol
from tradewind.contracts.signals.payloads import SignalEnriched
from tradewind.errors import ConfigurationError
from tradewind.readmodels.models.decision import DECISION, DecisionDocument
from tradewind.trading.prompts.library import WRAPPERS, load_prompt
from tradewind.trading.prompts.rendering import render

MODELS: TypeAdapter[str] = TypeAdapter(ModelName)
MAX_PERCENT: Final = 100
Percentage = Annotated[int, Field(ge=0, le=MAX_PERCENT)]


async def list_decisions(request: Request) -> Response:
    """GET /decisions: what models decided, newest first, filtered, paged by cursor.

    A page may be short, or empty, before the last one; only `next_cursor` says whether there is
    more. Times are those of the signals.
    """
    event_type = chosen(request, "event_type", EVENT_TYPES)
    decision = chosen(request, "decision", tuple(Verdict))
    confidence_pct = integer(request, "min_confidence", 0, MAX_PERCENT)
    where = {
        "model": typed(request, "model", MODELS, "the name of a model"),
        "status": chosen(request, "status", tuple(DecisionStatus)),
        "symbol": typed(request, "symbol", SYMBOLS, "1 to 16 letters and digits"),
    }

    def fits(one: DecisionDocument) -> bool:
        return (
            event_type in (None, one.event_type)
            and decision in (None, one.decision)
            and one.confidence_pct >= (confidence_pct or 0)
        )

    is_indexed = (event_type, decision, confidence_pct) == (None, None, None)
    wanted = Wanted(DECISION, where, None if is_indexed else fits, *bounds(request))
    page = await listed(request, wanted, ulid_cursor(request), page_size(request))
    return document_response(request, page_of(page.items, page.next_cursor))


async def show_decision(request: Request) -> Response:
    """GET /decisions/{decision_id}: one of them, with its prompt's version and what it cost.

    With the scope `admin` it has what the model was asked, and what it said word for word, as long
    as that is kept.
    """
    decision_id = path_ulid(request, "decision_id")
    services, caller = services_of(request), caller_of(request)
    document = await services.read_models.read(DECISION, decision_id)
    if document is None or not await is_covered(request, document, document.strategy_id):
        raise Problem(ProblemCode.DECISION_NOT_FOUND, f"no decision has the id {decision_id}")
    if KeyScope.ADMIN not in caller.scopes:
        return document_response(request, DecisionDetail(decision=document))
    raw = None
    if document.raw_sha256 is not None:
        raw = await services.signals.raw_answers.raw_answer(document.signal_id, document.model)
    prompt = await _rendered(request, document)
    return document_response(
        request, DecisionDetail(decision=document, raw_answer=raw, rendered_prompt=prompt)
    )


async def _rendered(request: Request, decision: DecisionDocument) -> RenderedPrompt | None:
    """Return what was asked; None of a model without a prompt, or of one not released any more."""
    recorded = await services_of(request).history.history(decision.correlation_id)
    told = [one.event.payload for one in recorded]
    enriched = next((one for one in told if isinstance(one, SignalEnriched)), None)
    if enriched is None or decision.vendor not in WRAPPERS:
        return None
    try:
        prompt = load_prompt(decision.prompt.version.partition("/")[0], decision.vendor)
    except ConfigurationError:
        return None
    return RenderedPrompt(
        core_text=prompt.core_text,
        wrapper_text=prompt.wrapper_text,
        data=render(enriched.terms, enriched.features),
        is_as_asked=prompt.sha256.hex() == decision.prompt.sha256,
    )


_LIST: Final = Operation(
    "GET",
    "/decisions",
    list_decisions,
    tag="signals",
    scope=KeyScope.READ,
    answer=ListPage[DecisionDocument],
    parameters=[
        Parameter("model", "query", ModelName, "Only of this model."),
        Parameter("symbol", "query", SignalSymbol, "Only about this symbol."),
        Parameter("event_type", "query", SignalEventType, "Only about signals of this type."),
        Parameter("decision", "query", Verdict, "Only those that say this."),
        Parameter("status", "query", DecisionStatus, "Only questions that ended so."),
        Parameter("min_confidence", "query", Percentage, "Only from this confidence on, percent."),
        *PERIOD,
        CURSOR,
        LIMIT,
    ],
    problems=[ProblemCode.READ_UNAVAILABLE, ProblemCode.REBUILDING],
)
OPERATIONS: Final = [
    _LIST,
    Operation(
        "GET",
        "/decisions/{decision_id}",
        show_decision,
        tag="signals",
        scope=KeyScope.READ,
        answer=DecisionDetail,
        parameters=[path_parameter("decision_id", Ulid, "The decision's id.")],
        problems=[
            ProblemCode.DECISION_NOT_FOUND,
            ProblemCode.READ_UNAVAILABLE,
            ProblemCode.REBUILDING,
        ],
    ),
    aliased(_LIST, "/api/v1/decisions", "list_decisions_v1"),
]
