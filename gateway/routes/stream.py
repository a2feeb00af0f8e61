"""Opens the WebSocket, or refuses to; a session in gateway/stream serves it."""

from collections.abc import Callable, Sequence
from typing import Final

import orjson
import structlog
from pydantic import ValidationError
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

from gateway.http.caller import caller_in
from gateway.http.client_address import client_address
from gateway.http.parameters import invalid_parameter
from gateway.http.problems import Problem, ProblemCode, send_problem
from gateway.http.protocols.websocket import frame_writer
from gateway.services import services_of
from gateway.stream.admission import TooManyClients
from gateway.stream.event_stream import EventStream
from gateway.stream.limits import MAX_FILTER_VALUES
from gateway.stream.messages import Command, SignalFilter, Subscribe
from gateway.stream.session import StreamSession
from tradewind.contracts.decisions.payloads import DecisionMade

PATH: Final = "/stream"
DECISIONS_PATH: Final = "/ws/decisions"
"""Where clients of seed 003 hear of decisions; they need not subscribe."""
_RETRY_AFTER: Final = "5"

logger = structlog.get_logger(__name__)


async def require_upgrade(_: Request) -> Response:
    """GET /stream without a WebSocket handshake: 426 says what to do."""
    raise Problem(
        ProblemCode.UPGRADE_REQUIRED,
        "open this address as a WebSocket",
        headers={"Upgrade": "websocket", "Connection": "Upgrade"},
    )


class StreamEndpoint:
    """Serves a WebSocket: one session for each connection."""

    def __init__(self, opening: Callable[[Scope], Command | None] = lambda _: None) -> None:
        self._opening = opening

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        stream = services_of(HTTPConnection(scope)).stream
        await receive()
        try:
            opening = self._opening(scope)
            with stream.admission.of(client_address(scope)):
                if stream.hub.is_full:
                    raise _too_many(ProblemCode.TOO_MANY_CLIENTS)
                await _serve(stream, scope, receive, send, opening)
        except TooManyClients:
            problem = _too_many(ProblemCode.TOO_MANY_STREAMS)
            await send_problem(problem, scope, receive, send)
        except Problem as problem:
            await send_problem(problem, scope, receive, send)


async def _serve(
    stream: EventStream, scope: Scope, receive: Receive, send: Send, opening: Command | None
) -> None:
    await send({"type": "websocket.accept", "subprotocol": None, "headers": []})
    address = client_address(scope)
    session = StreamSession(
        stream,
        receive,
        send,
        frame_writer(scope),
        caller=caller_in(scope),
        address=address,
        opening=opening,
    )
    close = await session.run()
    logger.info(
        "stream closed",
        code=close.code,
        reason=close.reason,
        client=address,
        request_id=scope.get("request_id"),
    )


def _too_many(code: ProblemCode) -> Problem:
    return Problem(
        code, "close a connection, or connect again later", headers={"Retry-After": _RETRY_AFTER}
    )


class NoSuchStream:
    """Refuses a WebSocket of any other path."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        problem = Problem(ProblemCode.NOT_FOUND, f"the only WebSocket is {PATH}")
        await send_problem(problem, scope, receive, send)


def decisions_wanted(scope: Scope) -> Subscribe:
    """Return the subscription of a client of seed 003, which has all in its address.

    `model`, `symbol` and `event_type` are lists with commas. A Problem names what is wrong.
    """
    names, wanted = tuple(SignalFilter.model_fields), {}
    for name, text in HTTPConnection(scope).query_params.multi_items():
        if name not in names or name in wanted:
            raise invalid_parameter("query", f"may have {', '.join(names)}, each once")
        wanted[name] = text.split(",", MAX_FILTER_VALUES)
    try:
        chosen = SignalFilter.model_validate_json(orjson.dumps(wanted))
    except ValidationError as error:
        field = str(error.errors()[0]["loc"][0])
        raise invalid_parameter(field, "must be a list of such names with commas") from None
    return Subscribe(action="subscribe", topics=(DecisionMade.topic,), filter=chosen)


ROUTES: Sequence[BaseRoute] = [
    Route(PATH, require_upgrade, methods=["GET"]),
    WebSocketRoute(PATH, StreamEndpoint()),
    WebSocketRoute(DECISIONS_PATH, StreamEndpoint(decisions_wanted)),
    WebSocketRoute("/{path:path}", NoSuchStream()),
]
