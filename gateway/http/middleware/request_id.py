"""Gives every request an id: the caller's when it is well formed, else a new ULID."""

import os
import re
import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tradewind.contracts.ids import make_ulid

HEADER = "X-Request-ID"
_WELL_FORMED = re.compile(r"[A-Za-z0-9_.:-]{8,64}", re.ASCII)


class RequestIdMiddleware:
    """Sets `scope["request_id"]` and echoes it in the response."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        offered = Headers(scope=scope).getlist(HEADER)
        is_usable = len(offered) == 1 and _WELL_FORMED.fullmatch(offered[0])
        request_id = offered[0] if is_usable else _mint()
        scope["request_id"] = request_id

        async def send_with_id(message: Message) -> None:
            if message["type"] in _WITH_HEADERS:
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        await self.app(scope, receive, send_with_id)


_WITH_HEADERS = ("http.response.start", "websocket.accept", "websocket.http.response.start")


def _mint() -> str:
    return make_ulid(int(time.time() * 1_000), os.urandom(10))
