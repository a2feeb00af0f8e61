"""The last line: an error nobody expected becomes a 500 problem that tells nothing of itself."""

import structlog
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.problems import Problem, ProblemCode, problem_response

logger = structlog.get_logger(__name__)


class FailureMiddleware:
    """Logs what the application did not handle and answers it, unless an answer has begun."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def send_tracked(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, send_tracked)
        except Exception:  # a bug of ours must not reach the client as a traceback or a reset
            logger.exception("request failed", request_id=scope.get("request_id"))
            if started:
                raise
            problem = Problem(
                ProblemCode.INTERNAL_ERROR, "the error is logged under the request id"
            )
            await problem_response(HTTPConnection(scope), problem)(scope, receive, send)
