"""Checks the host a request asks for, before anything else of the request is looked at."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.http.hosts import Authority, ServedHosts, parse_authority
from gateway.http.problems import Problem, ProblemCode, send_problem


class HostMiddleware:
    """Refuses requests and handshakes that do not name one host, and one of ours.

    A browser sends no Origin with what it takes for its own site's GET. The name it asks for is
    then all that tells a page of ours from one whose name was made to point here.
    """

    def __init__(self, app: ASGIApp, *, hosts: ServedHosts) -> None:
        self.app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            try:
                self._check(scope)
            except Problem as problem:
                await send_problem(problem, scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _check(self, scope: Scope) -> None:
        if not self._hosts.schemes_of(asked_host(Headers(scope=scope)), scope):
            raise Problem(
                ProblemCode.HOST_NOT_SERVED,
                "this gateway is not asked under this name; TRADEWIND_GATEWAY_HOSTS adds one",
            )


def asked_host(headers: Headers) -> Authority:
    """Return the host a request asks for; a Problem when it does not name exactly one."""
    values = headers.getlist("host")
    try:
        (value,) = values
        return parse_authority(value)
    except ValueError:
        detail = "a request has one Host header: HOST or HOST:PORT"
        raise Problem(ProblemCode.HOST_INVALID, detail) from None
