"""Lets pages of the allowed origins read what they are answered (CORS)."""

from collections.abc import Iterable
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.http.middleware.origin import normal_origins

PREFLIGHT_SECONDS: Final = 600
_METHODS: Final = "GET, HEAD, POST, PUT, PATCH, DELETE"
_SENT: Final = (
    "Accept, Authorization, Content-Type, Idempotency-Key, X-Request-ID, traceparent, tracestate"
)
_EXPOSED: Final = (
    "Location, Retry-After, RateLimit, RateLimit-Policy, X-Request-ID, Idempotency-Replayed"
)


class CorsMiddleware:
    """Answers preflights of allowed origins, and marks every answer to them as theirs to read.

    Cookies stay out of it: what a page of another site sends counts by its key alone.
    """

    def __init__(self, app: ASGIApp, *, allowed: Iterable[str] = frozenset()) -> None:
        self.app = app
        self._allowed = normal_origins(allowed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self._allowed:
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origins = headers.getlist("origin")
        is_allowed = len(origins) == 1 and origins[0].lower() in self._allowed

        async def send_marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                answer.add_vary_header("Origin")
                if is_allowed:
                    answer["Access-Control-Allow-Origin"] = origins[0]
                    answer["Access-Control-Expose-Headers"] = _EXPOSED
                    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
            await send(message)

        is_preflight = scope["method"] == "OPTIONS" and "access-control-request-method" in headers
        app = _preflight(headers) if is_allowed and is_preflight else self.app
        await app(scope, receive, send_marked)


def _preflight(asked: Headers) -> Response:
    headers = {
        "Access-Control-Allow-Methods": _METHODS,
        "Access-Control-Allow-Headers": _SENT,
        "Access-Control-Max-Age": str(PREFLIGHT_SECONDS),
        "Vary": "Access-Control-Request-Method, Access-Control-Request-Headers",
    }
    if asked.get("access-control-request-private-network") == "true":
        headers["Access-Control-Allow-Private-Network"] = "true"
    return Response(status_code=204, headers=headers)
