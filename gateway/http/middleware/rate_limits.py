"""Holds every request to its rate limits, and tells clients what is left of them."""

from collections.abc import Sequence

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.http.caller import LOCAL_CALLER, caller_in
from gateway.http.client_address import client_address
from gateway.http.problems import send_problem
from gateway.limits.fields import rate_limit_fields
from gateway.limits.limiter import RateLimited, RateLimiter
from gateway.limits.policies import policies_of_keys, policies_without_keys
from gateway.limits.policy import Charge
from gateway.limits.settings import RateLimitSettings


class RateLimitMiddleware:
    """Answers 429 to whoever asks too often, before anything of a request is read."""

    def __init__(self, app: ASGIApp, *, settings: RateLimitSettings, limiter: RateLimiter) -> None:
        self.app = app
        self._of_keys = policies_of_keys(settings)
        self._without_keys = policies_without_keys(settings)
        self._limiter = limiter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        try:
            standings = await self._limiter.check(self._charges(scope))
        except RateLimited as refusal:
            await send_problem(refusal, scope, receive, send)
            return
        fields = rate_limit_fields(standings)

        async def send_with_fields(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(fields)
            await send(message)

        await self.app(scope, receive, send_with_fields if fields else send)

    def _charges(self, scope: Scope) -> Sequence[Charge]:
        caller, method = caller_in(scope), scope.get("method", "GET")
        policies = self._without_keys if caller is LOCAL_CALLER else self._of_keys
        key_id = caller.key_id if caller.scopes else None
        return policies.charges(client_address(scope), key_id, method, scope["path"])
