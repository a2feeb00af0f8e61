"""Finds out who asks, before anything of a request is done."""

from collections.abc import Sequence
from typing import Final, Protocol

from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.http.caller import ANONYMOUS, CALLER, LOCAL_CALLER, Caller
from gateway.http.middleware.hook_token import HOOK_TOKEN
from gateway.http.problems import Problem, send_problem
from tradewind.errors import TransientError

_CREDENTIALS: Final = frozenset({b"authorization", b"cookie"})


class Authenticator(Protocol):
    """Tells the caller of a request or handshake; a Problem or a TransientError refuses it.

    It may have read the body, so the request goes on with the `Receive` that comes back.
    """

    async def authenticate(self, scope: Scope, receive: Receive) -> tuple[Caller, Receive]: ...


class CallerMiddleware:
    """Lets nobody pass whom the authenticator does not know, but to `public` routes.

    Those may show more to a caller that is known.

    Without an authenticator this gateway asks for no keys, and everybody is the local caller.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        authenticator: Authenticator | None = None,
        public: Sequence[BaseRoute] = (),
    ) -> None:
        self.app = app
        self._authenticator = authenticator
        self._public = public

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            caller, receive = await self._caller(scope, receive)
        except (Problem, TransientError) as error:
            await send_problem(error, scope, receive, send)
            return
        scope[CALLER] = caller
        await self.app(scope, receive, send)

    async def _caller(self, scope: Scope, receive: Receive) -> tuple[Caller, Receive]:
        if self._authenticator is None:
            return LOCAL_CALLER, receive
        if HOOK_TOKEN in scope:
            # Its token is all that counts. Looking at a key reads the body, and what was signed is
            # another path than the one without the token.
            return ANONYMOUS, receive
        if not any(route.matches(scope)[0] is Match.FULL for route in self._public):
            return await self._authenticator.authenticate(scope, receive)
        if not _CREDENTIALS & {name for name, _ in scope["headers"]}:
            return ANONYMOUS, receive
        try:
            return await self._authenticator.authenticate(scope, receive)
        except (Problem, TransientError):
            # Browsers send the cookie of a session that is over here, too.
            return ANONYMOUS, receive
