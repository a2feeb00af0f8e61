"""Checks the Origin browsers send, so that pages of other sites neither submit nor listen."""

from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.http.hosts import ServedHosts
from gateway.http.middleware.hosts import asked_host
from gateway.http.problems import Problem, ProblemCode, send_problem

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class OriginMiddleware:
    """Refuses WebSockets and unsafe methods whose Origin is neither ours nor allowed.

    Ours is what the request's own host serves: the same name, port and scheme.
    """

    def __init__(
        self, app: ASGIApp, *, hosts: ServedHosts, allowed: Iterable[str] = frozenset()
    ) -> None:
        self.app = app
        self._hosts = hosts
        self._allowed = normal_origins(allowed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        guarded = scope["type"] == "websocket" or (
            scope["type"] == "http" and scope["method"] not in _SAFE_METHODS
        )
        if not guarded or self._is_allowed(scope):
            await self.app(scope, receive, send)
            return
        problem = Problem(
            ProblemCode.ORIGIN_NOT_ALLOWED,
            "a page of this origin may not use the gateway; TRADEWIND_WS_ALLOWED_ORIGINS adds one",
        )
        await send_problem(problem, scope, receive, send)

    def _is_allowed(self, scope: Scope) -> bool:
        headers = Headers(scope=scope)
        origins = headers.getlist("origin")
        if not origins:
            return True
        if len(origins) > 1:
            return False
        origin = origins[0].lower()
        if origin in self._allowed:
            return True
        return self._hosts.is_own_origin(origin, asked_host(headers), scope)


def normal_origins(origins: Iterable[str]) -> frozenset[str]:
    """Return origins the way browsers send them."""
    return frozenset(origin.lower().rstrip("/") for origin in origins)
