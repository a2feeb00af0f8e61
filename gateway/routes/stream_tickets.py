"""Gives out tickets for the WebSocket."""

from starlette.requests import Request
from starlette.responses import Response

from gateway.http.caller import KeyScope, caller_of
from gateway.http.client_address import client_address
from gateway.http.media_types import JSON
from gateway.http.negotiation import require_accepts
from gateway.http.operations import Operation
from gateway.http.problems import ProblemCode
from gateway.http.responses import created_response
from gateway.services import services_of
from tradewind.contracts.wire import Document, Timestamp

PATH = "/stream-tickets"


class StreamTicketDocument(Document):
    """A ticket for one WebSocket, to be sent in its first message."""

    ticket: str
    expires_at: Timestamp


async def issue_ticket(request: Request) -> Response:
    """POST /stream-tickets: get a ticket for one WebSocket.

    It is good once, for 30 seconds, from the address that asked for it.
    """
    require_accepts(request, JSON)
    tickets = services_of(request).authentication.tickets
    ticket = await tickets.issue(caller_of(request), client_address(request.scope))
    document = StreamTicketDocument(ticket=ticket.text, expires_at=ticket.expires_at)
    return created_response(document, "/stream")


OPERATIONS = [
    Operation(
        "POST",
        PATH,
        issue_ticket,
        tag="authentication",
        scope=KeyScope.READ,
        answer=StreamTicketDocument,
        status=201,
        problems=[ProblemCode.AUTHENTICATION_UNAVAILABLE],
    )
]
