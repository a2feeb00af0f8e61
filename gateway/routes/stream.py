"""The WebSocket."""

from collections.abc import Sequence
from typing import Final

import structlog
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

from gateway.problems import Problem, ProblemCode, problem_response
from gateway.state import gateway_of
from gateway.stream.session import StreamSession
from gateway.websocket_protocol import frame_writer

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
    """WebSocket /stream: one session per connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection = HTTPConnection(scope)
        gateway = gateway_of(connection)
        await receive()
        if gateway.hub.is_full:
            problem = Problem(ProblemCode.TOO_MANY_CLIENTS, "connect again later")
            await problem_response(connection, problem)(scope, receive, send)
            return
        await send({"type": "websocket.accept", "subprotocol": None, "headers": []})
        session = StreamSession(
            gateway.hub,
            gateway.event_store,
            gateway.allowed_topics,
            receive,
            send,
            frame_writer(scope),
        )
        close = await session.run()
        client = scope.get("client")
        logger.info(
            "stream closed",
            code=close.code,
            reason=close.reason,
            client=client[0] if client else None,
            request_id=scope.get("request_id"),
        )


class NoSuchStream:
    """A WebSocket of any other path."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        problem = Problem(ProblemCode.NOT_FOUND, f"the only WebSocket is {PATH}")
        await problem_response(HTTPConnection(scope), problem)(scope, receive, send)


ROUTES: Sequence[BaseRoute] = [
    Route(PATH, require_upgrade, methods=["GET"]),
    WebSocketRoute(PATH, StreamEndpoint()),
    WebSocketRoute("/{path:path}", NoSuchStream()),
]
