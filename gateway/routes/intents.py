"""Submitting intents and looking them up."""

import hashlib

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.bodies import JSON, read_json_body
from gateway.metrics import SUBMISSIONS
from gateway.negotiation import require_accepts
from gateway.parameters import (
    after_sequence,
    check_query,
    check_strategy_id,
    idempotency_key,
    invalid_parameter,
    page_size,
    path_ulid,
)
from gateway.problems import RETRY_AFTER_SECONDS, Problem, ProblemCode
from gateway.recent import Submission
from gateway.responses import document_response, raw_page_response
from gateway.state import gateway_of
from gateway.submission import NotSubmitted, SubmissionUnknown, utc_now
from gateway.validation import parse_intent
from tradewind.contracts.ids import CorrelationKind, make_correlation_id, parse_ulid
from tradewind.contracts.intents.lifecycle import IntentState
from tradewind.contracts.wire import format_timestamp
from tradewind.ledger.upkeep.ingress import IngressUnavailable, KeyUsed
from tradewind.ledger.upkeep.ingress import Request as KeptRequest
from tradewind.readmodels.models.intent import INTENT, IntentDocument


async def submit_intent(request: Request) -> Response:
    """POST /intents: 201 once the intent is kept and sent on its way."""
    require_accepts(request, JSON)
    check_query(request)
    gateway = gateway_of(request)
    key = idempotency_key(request)
    body = await read_json_body(request)
    intent = parse_intent(body, gateway.registry)
    try:
        submission = await gateway.submitter.submit(
            intent, KeptRequest(key, hashlib.sha256(body).digest())
        )
    except KeyUsed:
        raise Problem(
            ProblemCode.IDEMPOTENCY_KEY_USED, "this Idempotency-Key came with another body before"
        ) from None
    except IngressUnavailable:
        SUBMISSIONS.labels("refused").inc()
        raise Problem(
            ProblemCode.STORE_UNAVAILABLE,
            "intents cannot be kept at the moment; submit it again",
            headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
        ) from None
    except NotSubmitted as error:
        SUBMISSIONS.labels("refused").inc()
        raise _not_submitted(error.submission) from None
    except SubmissionUnknown as error:
        SUBMISSIONS.labels("unknown").inc()
        raise _unknown(error.submission) from None
    SUBMISSIONS.labels("stored").inc()
    return document_response(
        request,
        {
            "intent_id": submission.intent_id,
            "correlation_id": submission.event.correlation_id,
            "state": IntentState.SUBMITTED.value,
            "expires_at": format_timestamp(submission.expires_at),
        },
        status=201,
        headers={"Location": f"/intents/{submission.intent_id}"},
    )


async def show_intent(request: Request) -> Response:
    """GET /intents/{intent_id}: the read model, the ledger, or what was just submitted."""
    check_query(request)
    intent_id = path_ulid(request, "intent_id")
    document = await gateway_of(request).read_models.read(INTENT, intent_id)
    if document is None:
        document = _just_submitted(request, intent_id)
    return document_response(request, document)


async def list_intents(request: Request) -> Response:
    """GET /intents: newest first, filtered by state and strategy, paged by cursor."""
    check_query(request, "state", "strategy_id", "cursor", "limit")
    page = await gateway_of(request).read_models.page(
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
    recorded = await gateway_of(request).history.history(correlation_id, after, limit + 1)
    if not recorded and after == 0:
        _just_submitted(request, intent_id)
    page = recorded[:limit]
    next_cursor = page[-1].event.sequence if len(recorded) > limit else None
    return raw_page_response(request, [item.body for item in page], next_cursor)


def _just_submitted(request: Request, intent_id: str) -> IntentDocument:
    """Return what this process knows of an intent the coordinator has not recorded yet."""
    submission = gateway_of(request).recent.get(intent_id)
    if submission is None:
        raise Problem(ProblemCode.INTENT_NOT_FOUND, f"no intent has the id {intent_id}")
    if submission.outcome == "unknown":
        if submission.expires_at < utc_now():
            raise Problem(ProblemCode.INTENT_NOT_FOUND, "the intent was never accepted")
        raise _unknown(submission)
    return submission.as_document()


def _not_submitted(submission: Submission) -> Problem:
    return Problem(
        ProblemCode.BROKER_UNAVAILABLE,
        "the broker did not take the intent; submit it again",
        headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
        extra={"intent_id": submission.intent_id},
    )


def _unknown(submission: Submission) -> Problem:
    intent_id = submission.intent_id
    expires_at = format_timestamp(submission.expires_at)
    return Problem(
        ProblemCode.OUTCOME_UNKNOWN,
        f"it is not certain that the intent was kept: look up /intents/{intent_id} before "
        f"submitting it again; it cannot be executed after {expires_at}",
        headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
        extra={"intent_id": intent_id, "expires_at": expires_at},
    )


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
