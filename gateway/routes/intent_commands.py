"""Cancels intents, and tells what would become of one."""

from typing import Final

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from gateway.commands.preview import IntentPreview
from gateway.http.bodies import read_json_body
from gateway.http.caller import KeyScope, caller_of
from gateway.http.common_parameters import path_parameter
from gateway.http.media_types import JSON
from gateway.http.negotiation import require_accepts
from gateway.http.operations import Operation
from gateway.http.parameters import path_ulid
from gateway.http.problems import Problem, ProblemCode
from gateway.http.responses import document_response
from gateway.services import services_of
from gateway.submission.intents import check_account
from tradewind.contracts.envelope import Event
from tradewind.contracts.ids import CorrelationKind, Ulid, make_correlation_id
from tradewind.contracts.intents.lifecycle import INTENT as LIFECYCLE
from tradewind.contracts.intents.lifecycle import IntentState
from tradewind.contracts.intents.model import Intent
from tradewind.contracts.intents.payloads import IntentSubmitted
from tradewind.readmodels.models.intent import INTENT


class CancelRequested(BaseModel):
    """A request to cancel an intent, which is kept."""

    cancellation_id: Ulid
    """The `eventId` of the `intent.cancel_requested`: the same for every repetition."""
    intent_id: Ulid
    state: IntentState
    """How far the intent had come when it was asked for."""


async def cancel_intent(request: Request) -> Response:
    """POST /intents/{intent_id}/cancel: ask for an intent to be cancelled.

    From the answer on it is neither accepted nor planned nor signed any more. A swap that is in
    flight is replaced at its nonce by a transfer of nothing: whichever of the two is mined decides.
    What came of it stands in the intent's state: `cancelled`, or its end if that came first. To ask
    again is the same request.
    """
    require_accepts(request, JSON)
    intent_id = path_ulid(request, "intent_id")
    services = services_of(request)
    opening = await opening_of(request, intent_id)
    document = await services.read_models.read(INTENT, intent_id)
    state = IntentState.SUBMITTED if document is None else document.state
    if state in LIFECYCLE.terminal:
        raise Problem(
            ProblemCode.INTENT_FINAL,
            f"the intent is {state} already",
            extra={"intent_id": intent_id, "state": state.value},
        )
    cancellation_id = await services.canceller.cancel(opening, caller_of(request).key_id)
    answer = CancelRequested(cancellation_id=cancellation_id, intent_id=intent_id, state=state)
    return document_response(request, answer, status=202)


async def preview_intent(request: Request) -> Response:
    """POST /intents:preview: tells what would become of an intent, and submits nothing.

    Risk and planner decide as they would, at the prices and pools of this moment: what they say of
    the same intent a moment later may be something else. Nothing is published, kept or counted.
    """
    require_accepts(request, JSON)
    previewer = services_of(request).previewer
    draft = previewer.draft(await read_json_body(request))
    check_account(draft, caller_of(request).accounts)
    return document_response(request, await previewer.preview(draft))


async def opening_of(request: Request, intent_id: str) -> Event[IntentSubmitted]:
    """Return the first event of an intent that the caller may know of."""
    services = services_of(request)
    submission = await services.intents.find(intent_id)
    opening = None if submission is None else submission.event
    if opening is None:
        correlation_id = make_correlation_id(CorrelationKind.INTENT, intent_id)
        recorded = await services.history.history(correlation_id, 0, 1)
        opening = recorded[0].event if recorded else None
    if opening is not None:
        strategy_id = opening.payload.intent.strategy_id
        if caller_of(request).accounts.cover(strategy_id, opening.key.portfolio):
            return opening
    raise Problem(ProblemCode.INTENT_NOT_FOUND, f"no intent has the id {intent_id}")


OPERATIONS: Final = [
    Operation(
        "POST",
        "/intents/{intent_id}/cancel",
        cancel_intent,
        tag="intents",
        scope=KeyScope.TRADE,
        answer=CancelRequested,
        status=202,
        parameters=[path_parameter("intent_id", Ulid, "The intent's id.")],
        problems=[
            ProblemCode.INTENT_NOT_FOUND,
            ProblemCode.INTENT_FINAL,
            ProblemCode.CANCEL_UNAVAILABLE,
            ProblemCode.READ_UNAVAILABLE,
        ],
    ),
    Operation(
        "POST",
        "/intents:preview",
        preview_intent,
        tag="intents",
        scope=KeyScope.TRADE,
        answer=IntentPreview,
        body=Intent,
        problems=[
            ProblemCode.MALFORMED_JSON,
            ProblemCode.ACCOUNT_NOT_COVERED,
            ProblemCode.BODY_TIMEOUT,
            ProblemCode.BODY_TOO_LARGE,
            ProblemCode.UNSUPPORTED_MEDIA_TYPE,
            ProblemCode.VALIDATION_FAILED,
            ProblemCode.PREVIEW_UNAVAILABLE,
        ],
    ),
]
