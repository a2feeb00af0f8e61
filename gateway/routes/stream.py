"""Opens the WebSocket, or refuses to; a session in gateway/stream serves it."""

from collections.abc import Sequence
from typing import Final

import structlog
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

from gateway.http.client_address import client_address
from gateway.http.problems import Problem, ProblemCode, send_problem
from gateway.http.protocols.websocket import frame_writer
from gateway.services import services_of
from gateway.stream.session import StreamSession

PATH: Final = "/stream"

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
        if stream.hub.is_full:
            problem = Problem(ProblemCode.TOO_MANY_CLIENTS, "connect again later")
            await send_problem(problem, scope, receive, send)
            return
        await send({"type": "websocket.accept", "subprotocol": None, "headers": []})
        close = await StreamSession(stream, receive, send, frame_writer(scope)).run()
        logger.info(
            "stream closed",
            code=close.code,
            reason=close.reason,
            client=client_address(scope),
            request_id=scope.get("request_id"),
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
