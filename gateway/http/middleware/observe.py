"""Logs and measures every request, by route and not by path."""

import time
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.http.access_log import AccessLog
from gateway.http.client_address import client_address
from gateway.http.middleware.client_trace import CLIENT_TRACE
from gateway.metrics import REQUEST_SECONDS, REQUESTS, REQUESTS_IN_PROGRESS

UNMATCHED: Final = "unmatched"
MAX_LOGGED_PATH_CHARACTERS: Final = 256
PROBES: Final = frozenset({"/health", "/ready"})
"""Machines ask these every few seconds, so they are logged at DEBUG only."""
_KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class ObserveMiddleware:
    """Writes the access log and the request metrics."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._log = AccessLog()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status = 500
        started = time.perf_counter()

        async def send_observed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        REQUESTS_IN_PROGRESS.inc()
        try:
            await self.app(scope, receive, send_observed)
        finally:
            REQUESTS_IN_PROGRESS.dec()
            _record(self._log, scope, status, time.perf_counter() - started)


def _record(log: AccessLog, scope: Scope, status: int, seconds: float) -> None:
    route = getattr(scope.get("route"), "path", UNMATCHED)
    method = scope["method"] if scope["method"] in _KNOWN_METHODS else "OTHER"
    REQUESTS.labels(method, route, str(status)).inc()
    REQUEST_SECONDS.labels(method, route).observe(seconds)
    client_trace = {CLIENT_TRACE: scope[CLIENT_TRACE]} if CLIENT_TRACE in scope else {}
    log.write(
        status,
        route,
        route in PROBES,
        method=method,
        path=scope["path"][:MAX_LOGGED_PATH_CHARACTERS],
        duration_ms=round(seconds * 1_000, 3),
        client=client_address(scope),
        request_id=scope.get("request_id"),
        **client_trace,
    )
