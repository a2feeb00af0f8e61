"""Shows the messages that the ledger refused, and why."""

from typing import Annotated, Final

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from gateway.http.caller import KeyScope
from gateway.http.common_parameters import LIMIT, path_parameter
from gateway.http.operations import Operation, Parameter
from gateway.http.parameters import invalid_parameter, page_size
from gateway.http.problems import Problem, ProblemCode
from gateway.http.query import ListPage, chosen, cut, integer, page_of
from gateway.http.responses import document_response
from gateway.services import services_of
from gateway.visibility import visibility
from tradewind.contracts.system.reasons import QuarantineReason
from tradewind.ledger.upkeep.documents import (
    QuarantinedDocument,
    WholeQuarantined,
    whole_quarantined,
)
from tradewind.ledger.upkeep.set_aside import MAX_ID

REASONS: Final = tuple(QuarantineReason)


async def list_quarantine(request: Request) -> Response:
    """GET /quarantine: messages that the ledger refused, newest first, without their bytes."""
    limit, before = page_size(request), integer(request, "cursor", 1, MAX_ID)
    found = await services_of(request).records.set_aside.quarantined(
        chosen(request, "reason", REASONS), None, limit + 1, MAX_ID if before is None else before
    )
    page, last = cut(found, limit)
    may_see = await visibility(request, [one.correlation_id for one in page])
    items = [QuarantinedDocument.of(one) for one in page if may_see(one.correlation_id)]
    return document_response(request, page_of(items, last and last.id))


async def show_quarantined(request: Request) -> Response:
    """GET /quarantine/{message_id}: one of them, with its bytes as text.

    Credentials that call themselves so are blotted out of the text.
    """
    message_id = _message_id(request)
    found = await services_of(request).records.set_aside.quarantined(None, message_id, 1)
    may_see = await visibility(request, [one.correlation_id for one in found])
    for one in found:
        if may_see(one.correlation_id):
            return document_response(request, whole_quarantined(one))
    raise Problem(
        ProblemCode.QUARANTINED_NOT_FOUND, f"no message in quarantine has the number {message_id}"
    )


def _message_id(request: Request) -> int:
    text: str = request.path_params["message_id"]
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0
    if not 1 <= number <= MAX_ID:
        raise invalid_parameter("message_id", f"must be an integer from 1 to {MAX_ID}", MAX_ID)
    return number


Number = Annotated[int, Field(ge=1, le=MAX_ID)]
OPERATIONS = [
    Operation(
        "GET",
        "/quarantine",
        list_quarantine,
        tag="operations",
        scope=KeyScope.READ,
        answer=ListPage[QuarantinedDocument],
        parameters=[
            Parameter("reason", "query", QuarantineReason, "Only messages of this reason."),
            Parameter("cursor", "query", Number, "The `next_cursor` of the page before."),
            LIMIT,
        ],
        problems=[ProblemCode.READ_UNAVAILABLE],
    ),
    Operation(
        "GET",
        "/quarantine/{message_id}",
        show_quarantined,
        tag="operations",
        scope=KeyScope.READ,
        answer=WholeQuarantined,
        parameters=[path_parameter("message_id", Number, "The message's number.")],
        problems=[ProblemCode.QUARANTINED_NOT_FOUND, ProblemCode.READ_UNAVAILABLE],
    ),
]
