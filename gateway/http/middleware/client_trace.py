"""Remembers the trace that a client says its request belongs to; nothing is decided by it."""

from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tradewind.contracts.trace_context import TRACEPARENT_HEADER, parse_traceparent
from tradewind.runtime.tracing import client_context

CLIENT_TRACE: Final = "client_trace_id"
"""Its key in an ASGI scope; the access log has it under this name."""
HEADER: Final = "X-Client-Trace-ID"


class ClientTraceMiddleware:
    """Puts the client's trace into the scope, and tells the client that it was understood.

    A `traceparent` that comes twice, or is none, is as good as none.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        offered = Headers(scope=scope).getlist(TRACEPARENT_HEADER)
        context = parse_traceparent(offered[0]) if len(offered) == 1 else None
        if context is None:
            await self.app(scope, receive, send)
            return
        scope[CLIENT_TRACE] = context.trace_id

        async def send_with_trace(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = context.trace_id
            await send(message)

        token = client_context.set(context)
        try:
            await self.app(scope, receive, send_with_trace)
        finally:
            client_context.reset(token)
