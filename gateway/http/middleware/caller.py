"""Finds out who asks, before anything of a request is done."""

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.http.caller import CALLER, LOCAL_CALLER


class CallerMiddleware:
    """Takes everybody for the local caller: this gateway asks for no keys."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[CALLER] = LOCAL_CALLER
        await self.app(scope, receive, send)
