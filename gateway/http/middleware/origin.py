"""Checks the Origin browsers send, so that pages of other sites neither submit nor listen."""

import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.http.problems import Problem, ProblemCode, send_problem

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class OriginMiddleware:
    """Refuses WebSockets and unsafe methods whose Origin is neither ours nor allowed.

    A gateway bound to loopback also wants a loopback name in its own origin: otherwise a site could
    point its name at this machine and be "same origin".
    """

    def __init__(self, app: ASGIApp, *, host: str, allowed: Iterable[str] = ()) -> None:
        self.app = app
        self._loopback_only = is_loopback(host)
        self._allowed = frozenset(origin.lower().rstrip("/") for origin in allowed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        guarded = scope["type"] == "websocket" or (
            scope["type"] == "http" and scope["method"] not in _SAFE_METHODS
        )
        if not guarded or self._is_allowed(Headers(scope=scope)):
            await self.app(scope, receive, send)
            return
        problem = Problem(
            ProblemCode.ORIGIN_NOT_ALLOWED,
            "a page of this origin may not use the gateway; TRADEWIND_WS_ALLOWED_ORIGINS adds one",
        )
        await send_problem(problem, scope, receive, send)

    def _is_allowed(self, headers: Headers) -> bool:
        origins = headers.getlist("origin")
        if not origins:
            return True
        origin = origins[0].lower()
        if len(origins) > 1:
            return False
        if origin in self._allowed:
            return True
        try:
            parts = urlsplit(origin)
            same_host = parts.netloc == headers.get("host", "").lower()
            return same_host and (not self._loopback_only or is_loopback(parts.hostname or ""))
        except ValueError:
            return False


def is_loopback(host: str) -> bool:
    """Return whether a host name or address never leaves this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
