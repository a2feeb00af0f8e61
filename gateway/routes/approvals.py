"""Lists intents that wait until a person approves them, and takes the answers."""

from typing import Annotated, Final

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from gateway.http.bodies import read_json_body
from gateway.http.caller import KeyScope, caller_of
from gateway.http.common_parameters import LIMIT, path_parameter
from gateway.http.media_types import JSON
from gateway.http.negotiation import require_accepts
from gateway.http.one_line import ONE_LINE_PATTERN
from gateway.http.operations import Operation, Parameter
from gateway.http.parameters import invalid_parameter, page_size, path_ulid
from gateway.http.problems import ProblemCode
from gateway.http.query import ListPage, cut, page_of
from gateway.http.responses import document_response
from gateway.http.strict_json import parse_model
from gateway.routes.intent_commands import opening_of
from gateway.routes.trade_filter import portfolio_in
from gateway.services import services_of
from gateway.visibility import like_patterns
from tradewind.contracts.ids import Ulid, parse_ulid
from tradewind.contracts.intents.model import PortfolioId
from tradewind.contracts.payload import is_absent
from tradewind.contracts.risk.approvals import MAX_NOTE_LENGTH, ApprovalVerdict
from tradewind.contracts.wire import Document
from tradewind.trading.approvals.documents import AnswerDocument, ApprovalDocument
from tradewind.trading.approvals.journal import WaitFilter
from tradewind.trading.approvals.records import Answering

Note = Annotated[str, Field(min_length=1, max_length=MAX_NOTE_LENGTH, pattern=ONE_LINE_PATTERN)]


class IntentApproval(Document):
    """That an intent may go on although it is worth so much."""

    note: Note | None = Field(None, exclude_if=is_absent)
    """Why, as its history tells it."""


class IntentDenial(Document):
    """That an intent is not to be executed."""

    note: Note
    """Why, as whoever submitted it is told."""


async def list_approvals(request: Request) -> Response:
    """GET /live/approvals: the intents that wait for a person, the newest first."""
    limit, seen = page_size(request), seen_by(request)
    waits = services_of(request).approvals.waits
    page, last = cut(await waits.waiting(cursor_in(request), limit + 1, seen), limit)
    items = [ApprovalDocument.of(one) for one in page]
    return document_response(request, page_of(items, last and last.intent_id))


async def approve_intent(request: Request) -> Response:
    """POST /intents/{intent_id}/approve: let an intent go on that waits for a person.

    The first answer stands, and from this answer on it lasts; to approve again is the same. Then
    its portfolio checks the intent once more, at the prices and limits of that moment: an approval
    lifts the threshold and no other limit. What comes of it stands in the intent's state.
    """
    require_accepts(request, JSON)
    approval = parse_model(IntentApproval, await read_json_body(request), noun="approval")
    return await _answer(request, ApprovalVerdict.APPROVED, approval.note)


async def deny_intent(request: Request) -> Response:
    """POST /intents/{intent_id}/deny: have an intent refused that waits for a person.

    The first answer stands, and from this answer on it lasts; to deny again is the same. The intent
    ends as `risk_rejected` with APPROVAL_DENIED, and what it claimed is free again.
    """
    require_accepts(request, JSON)
    denial = parse_model(IntentDenial, await read_json_body(request), noun="denial")
    return await _answer(request, ApprovalVerdict.DENIED, denial.note)


async def _answer(request: Request, verdict: ApprovalVerdict, note: str | None) -> Response:
    intent_id = path_ulid(request, "intent_id")
    await opening_of(request, intent_id)
    answering = Answering(intent_id, verdict, caller_of(request).key_id, note)
    answer = await services_of(request).approvals.answerer.answer(answering)
    return document_response(request, AnswerDocument.of(intent_id, answer), status=202)


def seen_by(request: Request) -> WaitFilter:
    """Return whose waits are asked for, of those that the caller sees."""
    accounts = caller_of(request).accounts
    return WaitFilter(
        portfolio_in(request),
        like_patterns(accounts.portfolios),
        like_patterns(accounts.strategies),
    )


def cursor_in(request: Request) -> str | None:
    """Return the id after which the page begins; a problem where it is none."""
    text = request.query_params.get("cursor")
    try:
        return None if text is None else str(parse_ulid(text))
    except ValueError:
        raise invalid_parameter("cursor", "must be the next_cursor of a page") from None


INTENT_ID: Final = path_parameter("intent_id", Ulid, "The intent's id.")
WAITING: Final = [
    Parameter("portfolio_id", "query", PortfolioId, "Only of this portfolio."),
    Parameter("cursor", "query", Ulid, "The `next_cursor` of the page before."),
    LIMIT,
]
ANSWERS: Final = [
    ProblemCode.MALFORMED_JSON,
    ProblemCode.UNSUPPORTED_MEDIA_TYPE,
    ProblemCode.VALIDATION_FAILED,
    ProblemCode.BODY_TIMEOUT,
    ProblemCode.BODY_TOO_LARGE,
    ProblemCode.INTENT_NOT_FOUND,
    ProblemCode.APPROVAL_DECIDED,
    ProblemCode.APPROVAL_NOT_AWAITED,
    ProblemCode.APPROVAL_UNAVAILABLE,
    ProblemCode.READ_UNAVAILABLE,
]
OPERATIONS: Final = [
    Operation(
        "GET",
        "/live/approvals",
        list_approvals,
        tag="live",
        scope=KeyScope.READ,
        answer=ListPage[ApprovalDocument],
        parameters=WAITING,
        problems=[ProblemCode.READ_UNAVAILABLE],
    ),
    Operation(
        "POST",
        "/intents/{intent_id}/approve",
        approve_intent,
        tag="intents",
        scope=KeyScope.ADMIN,
        answer=AnswerDocument,
        status=202,
        body=IntentApproval,
        parameters=[INTENT_ID],
        problems=ANSWERS,
    ),
    Operation(
        "POST",
        "/intents/{intent_id}/deny",
        deny_intent,
        tag="intents",
        scope=KeyScope.ADMIN,
        answer=AnswerDocument,
        status=202,
        body=IntentDenial,
        parameters=[INTENT_ID],
        problems=ANSWERS,
    ),
]
