"""Answers requests that the connection refused, before anybody reads what they ask for."""

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.http.problems import send_problem
from gateway.http.protocols.exchange import refusal_of


class RefusalMiddleware:
    """Turns a refusal into an answer like every other: with its id, in the log and the metrics."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = refusal_of(scope)
        if refusal is None:
            await self.app(scope, receive, send)
            return
        await send_problem(refusal, scope, receive, send)
