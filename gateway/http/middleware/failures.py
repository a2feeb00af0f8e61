"""Answers unexpected errors with a 500 problem that shows nothing of them."""

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.http.problems import send_problem

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
        except Exception as error:  # the client must get neither a traceback nor a reset
            logger.exception("request failed", request_id=scope.get("request_id"))
            if started:
                raise
            await send_problem(error, scope, receive, send)
