"""Reads the first message of a WebSocket that was opened without a key: it carries a ticket."""

from typing import Annotated, Literal

from pydantic import Field

from gateway.authentication.errors import Refused
from gateway.authentication.tickets import MAX_TICKET_CHARACTERS, StreamTickets
from gateway.http.caller import Caller
from gateway.http.strict_json import InvalidDocument, MalformedJson, parse_model
from gateway.limits.refusals import Refusals
from gateway.stream.messages import InvalidMessage
from tradewind.contracts.wire import WireModel


class Authenticate(WireModel):
    """Says who opened the connection, by a ticket of `POST /stream-tickets`."""

    action: Literal["authenticate"]
    ticket: Annotated[str, Field(min_length=1, max_length=MAX_TICKET_CHARACTERS)]


class TicketAuthenticator:
    """Takes the ticket in a first message."""

    def __init__(self, tickets: StreamTickets, refusals: Refusals) -> None:
        self._tickets = tickets
        self._refusals = refusals

    async def authenticate(self, text: str, address: str | None) -> Caller:
        """Return whose the connection is; InvalidMessage, or a TransientError for the moment."""
        self._refusals.check(address)
        try:
            data = text.encode(errors="surrogatepass")
            message = parse_model(Authenticate, data, noun="message")
            return await self._tickets.redeem(message.ticket, address)
        except (MalformedJson, InvalidDocument, Refused):
            await self._refusals.count(address)
            raise _not_authenticated() from None


def _not_authenticated() -> InvalidMessage:
    return InvalidMessage("NOT_AUTHENTICATED", "the first message has to carry a ticket")
