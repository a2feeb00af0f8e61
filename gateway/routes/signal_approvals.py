"""Lists signals that wait until a person approves them, and takes the answers."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from gateway.http.bodies import read_json_body
from gateway.http.caller import KeyScope, caller_of
from gateway.http.media_types import JSON
from gateway.http.negotiation import require_accepts
from gateway.http.operations import Operation
from gateway.http.parameters import page_size, path_ulid
from gateway.http.problems import ProblemCode
from gateway.http.query import ListPage, cut, page_of
from gateway.http.responses import document_response
from gateway.http.strict_json import parse_model
from gateway.routes.approvals import (
    WAITING,
    IntentApproval,
    IntentDenial,
    cursor_in,
    seen_by,
)
from gateway.routes.signal_reads import SIGNAL_ID, opening_of_signal
from gateway.services import services_of
from tradewind.contracts.risk.approvals import ApprovalVerdict
from tradewind.trading.signal_approvals.documents import (
    SignalAnswerDocument,
    SignalApprovalDocument,
)
from tradewind.trading.signal_approvals.records import SignalAnswering


class SignalApproval(IntentApproval):
    """That a signal may become an intent."""


class SignalDecline(IntentDenial):
    """That a signal is not to be followed."""


async def list_waiting_signals(request: Request) -> Response:
    """GET /signals/waiting: the signals that wait for a person, the newest first."""
    limit, seen = page_size(request), seen_by(request)
    waits = services_of(request).signals.waits
    page, last = cut(await waits.waiting(cursor_in(request), limit + 1, seen), limit)
    items = [SignalApprovalDocument.of(one) for one in page]
    return document_response(request, page_of(items, last and last.signal_id))


async def approve_signal(request: Request) -> Response:
    """POST /signals/{signal_id}/approve: let a signal become an intent that waits for a person.

    The first answer stands, and from this answer on it lasts; to approve again is the same. The
    intent still stands before risk like any other.
    """
    require_accepts(request, JSON)
    approval = parse_model(SignalApproval, await read_json_body(request), noun="approval")
    return await _answer(request, ApprovalVerdict.APPROVED, approval.note)


async def decline_signal(request: Request) -> Response:
    """POST /signals/{signal_id}/decline: have a signal not followed that waits for a person.

    The first answer stands, and from this answer on it lasts; to decline again is the same.
    """
    require_accepts(request, JSON)
    decline = parse_model(SignalDecline, await read_json_body(request), noun="decline")
    return await _answer(request, ApprovalVerdict.DENIED, decline.note)


async def _answer(request: Request, verdict: ApprovalVerdict, note: str | None) -> Response:
    signal_id = path_ulid(request, "signal_id")
    await opening_of_signal(request, signal_id)
    answering = SignalAnswering(signal_id, verdict, caller_of(request).key_id, note)
    answer = await services_of(request).signals.answerer.answer(answering)
    return document_response(request, SignalAnswerDocument.of(signal_id, answer), status=202)


PROBLEMS: Final = [
    ProblemCode.MALFORMED_JSON,
    ProblemCode.UNSUPPORTED_MEDIA_TYPE,
    ProblemCode.VALIDATION_FAILED,
    ProblemCode.BODY_TIMEOUT,
    ProblemCode.BODY_TOO_LARGE,
    ProblemCode.SIGNAL_NOT_FOUND,
    ProblemCode.APPROVAL_DECIDED,
    ProblemCode.APPROVAL_NOT_AWAITED,
    ProblemCode.APPROVAL_UNAVAILABLE,
    ProblemCode.READ_UNAVAILABLE,
]
OPERATIONS: Final = [
    Operation(
        "GET",
        "/signals/waiting",
        list_waiting_signals,
        tag="signals",
        scope=KeyScope.READ,
        answer=ListPage[SignalApprovalDocument],
        parameters=WAITING,
        problems=[ProblemCode.READ_UNAVAILABLE],
    ),
    Operation(
        "POST",
        "/signals/{signal_id}/approve",
        approve_signal,
        tag="signals",
        scope=KeyScope.TRADE,
        answer=SignalAnswerDocument,
        status=202,
        body=SignalApproval,
        parameters=[SIGNAL_ID],
        problems=PROBLEMS,
    ),
    Operation(
        "POST",
        "/signals/{signal_id}/decline",
        decline_signal,
        tag="signals",
        scope=KeyScope.TRADE,
        answer=SignalAnswerDocument,
        status=202,
        body=SignalDecline,
        parameters=[SIGNAL_ID],
        problems=PROBLEMS,
    ),
]
