"""Opens the WebSocket, or refuses to; a session in gateway/stream serves it."""

from collections.abc import Sequence
from typing import Final

import structlog
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

from gateway.http.caller import caller_in
from gateway.http.client_address import client_address
from gateway.http.problems import Problem, ProblemCode, send_problem
from gateway.http.protocols.websocket import frame_writer
from gateway.services import services_of
from gateway.stream.admission import TooManyClients
from gateway.stream.event_stream import EventStream
from gateway.stream.session import StreamSession

PATH: Final = "/stream"
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
    """Serves WebSocket /stream: one session for each connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        stream = services_of(HTTPConnection(scope)).stream
        await receive()
        try:
            with stream.admission.of(client_address(scope)):
                if stream.hub.is_full:
                    raise _too_many(ProblemCode.TOO_MANY_CLIENTS)
                await _serve(stream, scope, receive, send)
        except TooManyClients:
            problem = _too_many(ProblemCode.TOO_MANY_STREAMS)
            await send_problem(problem, scope, receive, send)
        except Problem as problem:
            await send_problem(problem, scope, receive, send)


async def _serve(stream: EventStream, scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "websocket.accept", "subprotocol": None, "headers": []})
    address = client_address(scope)
    session = StreamSession(
        stream, receive, send, frame_writer(scope), caller=caller_in(scope), address=address
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


ROUTES: Sequence[BaseRoute] = [
    Route(PATH, require_upgrade, methods=["GET"]),
    WebSocketRoute(PATH, StreamEndpoint()),
    WebSocketRoute("/{path:path}", NoSuchStream()),
]
