"""Submits intents and shows them."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.errors import SubmissionUnknown
from gateway.http.bodies import read_json_body
from gateway.http.media_types import JSON
from gateway.http.negotiation import require_accepts
from gateway.http.parameters import (
    after_sequence,
    check_query,
    check_strategy_id,
    idempotency_key,
    invalid_parameter,
    page_size,
    path_ulid,
)
from gateway.http.problems import Problem, ProblemCode
from gateway.http.responses import created_response, document_response, raw_page_response
from gateway.services import services_of
from tradewind.contracts.ids import CorrelationKind, make_correlation_id, parse_ulid
from tradewind.contracts.intents.lifecycle import IntentState
from tradewind.contracts.wire import format_timestamp
from tradewind.readmodels.models.intent import INTENT, IntentDocument
from tradewind.runtime import clock


async def submit_intent(request: Request) -> Response:
    """POST /intents: 201 once the intent is kept and sent on its way."""
    require_accepts(request, JSON)
    check_query(request)
    key = idempotency_key(request)
    submission = await services_of(request).intents.submit(await read_json_body(request), key)
    document = {
        "intent_id": submission.intent_id,
        "correlation_id": submission.event.correlation_id,
        "state": IntentState.SUBMITTED.value,
        "expires_at": format_timestamp(submission.expires_at),
    }
    return created_response(document, f"/intents/{submission.intent_id}")


async def show_intent(request: Request) -> Response:
    """GET /intents/{intent_id}: the read model, the ledger, or what was just submitted."""
    check_query(request)
    intent_id = path_ulid(request, "intent_id")
    document = await services_of(request).read_models.read(INTENT, intent_id)
    if document is None:
        document = _just_submitted(request, intent_id)
    return document_response(request, document)


async def list_intents(request: Request) -> Response:
    """GET /intents: newest first, filtered by state and strategy, paged by cursor."""
    check_query(request, "state", "strategy_id", "cursor", "limit")
    page = await services_of(request).read_models.page(
        INTENT,
        {"state": _state(request), "strategy_id": _strategy_id(request)},
        cursor=_cursor(request),
        limit=page_size(request),
    )
    return document_response(request, page)


async def show_history(request: Request) -> Response:
    """GET /intents/{intent_id}/events: the envelopes as published, in order of sequence."""
    check_query(request, "cursor", "limit")
    intent_id = path_ulid(request, "intent_id")
    after, limit = after_sequence(request), page_size(request)
    correlation_id = make_correlation_id(CorrelationKind.INTENT, intent_id)
    recorded = await services_of(request).history.history(correlation_id, after, limit + 1)
    if not recorded and after == 0:
        _just_submitted(request, intent_id)
    page = recorded[:limit]
    next_cursor = page[-1].event.sequence if len(recorded) > limit else None
    return raw_page_response(request, [item.body for item in page], next_cursor)


def _just_submitted(request: Request, intent_id: str) -> IntentDocument:
    """Return what this process knows of an intent the coordinator has not recorded yet."""
    submission = services_of(request).recent_submissions.get(intent_id)
    if submission is None:
        raise Problem(ProblemCode.INTENT_NOT_FOUND, f"no intent has the id {intent_id}")
    if submission.outcome == "unknown":
        if submission.expires_at < clock.now():
            raise Problem(ProblemCode.INTENT_NOT_FOUND, "the intent was never accepted")
        raise SubmissionUnknown(submission.event)
    return submission.as_document()


def _state(request: Request) -> IntentState | None:
    value = request.query_params.get("state")
    if value is None:
        return None
    try:
        return IntentState(value)
    except ValueError:
        raise invalid_parameter("state", f"must be one of {', '.join(IntentState)}") from None


def _strategy_id(request: Request) -> str | None:
    value = request.query_params.get("strategy_id")
    return None if value is None else check_strategy_id(value)


def _cursor(request: Request) -> str | None:
    value = request.query_params.get("cursor")
    if value is None:
        return None
    try:
        parse_ulid(value)
    except ValueError:
        raise invalid_parameter("cursor", "must be the next_cursor of a page") from None
    return value


ROUTES = [
    Route("/intents", submit_intent, methods=["POST"]),
    Route("/intents", list_intents, methods=["GET"]),
    Route("/intents/{intent_id}", show_intent, methods=["GET"]),
    Route("/intents/{intent_id}/events", show_history, methods=["GET"]),
]
