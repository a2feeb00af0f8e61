"""Submits intents and shows them."""

from typing import Annotated, Final

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from gateway.errors import SubmissionUnknown
from gateway.http.bodies import read_json_body
from gateway.http.caller import KeyScope, caller_of
from gateway.http.common_parameters import IDEMPOTENCY_KEY, LIMIT, path_parameter
from gateway.http.media_types import JSON
from gateway.http.negotiation import require_accepts
from gateway.http.operations import Operation, Parameter
from gateway.http.parameters import (
    after_sequence,
    idempotency_key,
    invalid_parameter,
    page_size,
    path_ulid,
)
from gateway.http.problems import Problem, ProblemCode
from gateway.http.responses import created_response, raw_page_response
from gateway.routes.as_of import PARAMETERS, PROBLEMS, answer, as_of_in, read_models_of
from gateway.routes.intent_filter import FILTERS, intent_filter
from gateway.routes.intent_list import IntentList
from gateway.services import services_of
from gateway.visibility import (
    is_covered,
    is_history_covered,
    is_opening_covered,
)
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.ids import (
    MAX_SEQUENCE,
    CorrelationId,
    CorrelationKind,
    Ulid,
    make_correlation_id,
    parse_ulid,
)
from tradewind.contracts.intents.lifecycle import IntentState
from tradewind.contracts.intents.model import Intent
from tradewind.contracts.wire import Document, Timestamp
from tradewind.readmodels.models.intent import INTENT, IntentDocument
from tradewind.runtime import clock


class SubmittedIntent(Document):
    """An intent that is kept, and will be brought to a final state."""

    intent_id: Ulid
    correlation_id: CorrelationId
    state: IntentState
    expires_at: Timestamp
    """When it ends unless it is in flight."""


class IntentPage(Document):
    """Intents, newest first; `next_cursor` is null on the last page.

    A page may be shorter than `limit` before the last one.
    """

    items: tuple[IntentDocument, ...]
    next_cursor: str | None = None
    total: int | None = Field(None, ge=0)
    """How many intents fit the filters on all pages; null where counting them would read them."""


class HistoryPage(Document):
    """Events of a history as they were published; `next_cursor` is null on the last page."""

    items: tuple[AnyEvent, ...]
    next_cursor: int | None = None


async def submit_intent(request: Request) -> Response:
    """POST /intents: submits an intent, which is kept and sent on its way when this says 201."""
    require_accepts(request, JSON)
    key = idempotency_key(request)
    body, accounts = await read_json_body(request), caller_of(request).accounts
    submission = await services_of(request).intents.submit(body, key, accounts)
    document = SubmittedIntent(
        intent_id=submission.intent_id,
        correlation_id=submission.event.correlation_id,
        state=IntentState.SUBMITTED,
        expires_at=submission.expires_at,
    )
    location = f"/intents/{submission.intent_id}"
    return created_response(document, location, is_repeated=submission.is_repeated)


async def show_intent(request: Request) -> Response:
    """GET /intents/{intent_id}: the read model, the ledger, or what was just submitted."""
    intent_id = path_ulid(request, "intent_id")
    as_of = await as_of_in(request)
    document = await read_models_of(request, as_of).read(INTENT, intent_id)
    if document is None:
        if as_of is not None:
            raise _no_intent(intent_id)
        document = await _just_submitted(request, intent_id)
    elif not await is_covered(request, document, document.summary.strategy_id):
        raise _no_intent(intent_id)
    return answer(request, document, as_of)


async def list_intents(request: Request) -> Response:
    """GET /intents: newest first, filtered, paged by cursor.

    State, strategy and times are looked up. What else is asked for is looked for in the next
    intents that fit those, 2,000 at most, so a page may be short, or empty, before the last one.
    """
    as_of = await as_of_in(request)
    intents = IntentList(read_models_of(request, as_of), intent_filter(request))
    found = await intents.page(request, _cursor(request), page_size(request))
    page = IntentPage(items=found.page.items, next_cursor=found.page.next_cursor, total=found.total)
    return answer(request, page, as_of)


async def show_history(request: Request) -> Response:
    """GET /intents/{intent_id}/events: the envelopes as published, in order of sequence."""
    intent_id = path_ulid(request, "intent_id")
    after, limit = after_sequence(request), page_size(request)
    correlation_id = make_correlation_id(CorrelationKind.INTENT, intent_id)
    history = services_of(request).history
    recorded = await history.history(correlation_id, after, limit + 1)
    covered = await is_history_covered(request, correlation_id)
    if not covered or (
        not recorded and (after == 0 or not await history.history(correlation_id, 0, 1))
    ):
        await _just_submitted(request, intent_id)
    page = recorded[:limit] if covered else []
    next_cursor = page[-1].event.sequence if len(recorded) > limit else None
    return raw_page_response(request, [item.body for item in page], next_cursor)


async def _just_submitted(request: Request, intent_id: str) -> IntentDocument:
    """Return an intent that is kept and that the coordinator has not recorded yet."""
    submission = await services_of(request).intents.find(intent_id)
    accounts = caller_of(request).accounts
    if submission is None or not is_opening_covered(accounts, submission.event):
        raise _no_intent(intent_id)
    if submission.outcome == "unknown":
        if submission.expires_at < clock.now():
            raise Problem(ProblemCode.INTENT_NOT_FOUND, "the intent was never accepted")
        raise SubmissionUnknown(submission.event)
    return submission.as_document()


def _no_intent(intent_id: str) -> Problem:
    return Problem(ProblemCode.INTENT_NOT_FOUND, f"no intent has the id {intent_id}")


def _cursor(request: Request) -> str | None:
    value = request.query_params.get("cursor")
    if value is None:
        return None
    try:
        parse_ulid(value)
    except ValueError:
        raise invalid_parameter("cursor", "must be the next_cursor of a page") from None
    return value


Sequence = Annotated[int, Field(ge=0, le=MAX_SEQUENCE)]
INTENT_ID: Final = path_parameter("intent_id", Ulid, "The intent's id.")
OPERATIONS = [
    Operation(
        "POST",
        "/intents",
        submit_intent,
        tag="intents",
        scope=KeyScope.TRADE,
        answer=SubmittedIntent,
        status=201,
        body=Intent,
        parameters=[IDEMPOTENCY_KEY],
        problems=[
            ProblemCode.MALFORMED_JSON,
            ProblemCode.BODY_TIMEOUT,
            ProblemCode.BODY_TOO_LARGE,
            ProblemCode.UNSUPPORTED_MEDIA_TYPE,
            ProblemCode.VALIDATION_FAILED,
            ProblemCode.ACCOUNT_NOT_COVERED,
            ProblemCode.IDEMPOTENCY_KEY_USED,
            ProblemCode.OVERLOADED,
            ProblemCode.OUTCOME_UNKNOWN,
            ProblemCode.STORE_UNAVAILABLE,
        ],
    ),
    Operation(
        "GET",
        "/intents",
        list_intents,
        tag="intents",
        scope=KeyScope.READ,
        answer=IntentPage,
        parameters=[
            *FILTERS,
            Parameter("cursor", "query", Ulid, "The `next_cursor` of the page before."),
            LIMIT,
            *PARAMETERS,
        ],
        problems=[*PROBLEMS, ProblemCode.READ_UNAVAILABLE, ProblemCode.REBUILDING],
    ),
    Operation(
        "GET",
        "/intents/{intent_id}",
        show_intent,
        tag="intents",
        scope=KeyScope.READ,
        answer=IntentDocument,
        parameters=[INTENT_ID, *PARAMETERS],
        problems=[
            *PROBLEMS,
            ProblemCode.INTENT_NOT_FOUND,
            ProblemCode.OUTCOME_UNKNOWN,
            ProblemCode.READ_UNAVAILABLE,
            ProblemCode.REBUILDING,
        ],
    ),
    Operation(
        "GET",
        "/intents/{intent_id}/events",
        show_history,
        tag="intents",
        scope=KeyScope.READ,
        answer=HistoryPage,
        parameters=[
            INTENT_ID,
            Parameter("cursor", "query", Sequence, "The last sequence already seen; 0 if absent."),
            LIMIT,
        ],
        problems=[ProblemCode.INTENT_NOT_FOUND, ProblemCode.READ_UNAVAILABLE],
    ),
]
