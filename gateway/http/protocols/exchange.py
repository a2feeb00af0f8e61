"""One request and its answer on a connection."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final

from starlette.types import Scope
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from gateway.http.problems import Problem

_EXTENSION: Final = "tradewind.refusal"


def refusal_of(scope: Scope) -> Problem | None:
    """Return why the connection refuses a request; None when the application may have it."""
    refusal: Problem | None = scope.get("extensions", {}).get(_EXTENSION)
    return refusal


def refuse(scope: Scope, problem: Problem) -> None:
    """Have the application answer with a problem, whatever the request asks for."""
    scope["extensions"] = {_EXTENSION: problem}


class AnswerWriter:
    """The transport as an exchange sees it: the connection decides how it ends."""

    def __init__(self, transport: asyncio.Transport, end: Callable[[], None]) -> None:
        self.write = transport.write
        self.is_closing = transport.is_closing
        self.close = end


class Exchange(RequestResponseCycle):
    """A request and its answer, of which the request may turn out to be wrong while it arrives.

    An answer that comes before the end of the body says that the connection ends with it: the rest
    of the body is not worth reading.
    """

    def __init__(
        self,
        scope: Scope,
        writer: AnswerWriter,
        flow: FlowControl,
        default_headers: list[tuple[bytes, bytes]],
        *,
        expects_continue: bool,
        keeps_alive: bool,
        answered: Callable[[], None],
    ) -> None:
        logger = logging.getLogger("uvicorn.error")
        super().__init__(
            scope=scope,  # type: ignore[arg-type]
            transport=writer,  # type: ignore[arg-type]
            flow=flow,
            logger=logger,
            access_logger=logger,
            access_log=False,
            default_headers=default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=expects_continue,
            keep_alive=keeps_alive,
            on_response=answered,
        )
        self._failure: Problem | None = None

    def add(self, content: bytes, *, is_complete: bool) -> None:
        """Take in what has arrived of the body."""
        self.body += content
        self.more_body = not is_complete
        self.message_event.set()

    def fail(self, problem: Problem) -> None:
        """Have the application hear, instead of more of the body, why there is none."""
        self._failure = problem
        self.message_event.set()

    def disconnect(self) -> None:
        """Have the application hear that the client has left."""
        self.disconnected = not self.response_complete
        self.message_event.set()

    async def receive(self) -> Any:
        message = await super().receive()
        if self._failure is not None and message["type"] == "http.request":
            raise self._failure
        return message

    async def send(self, message: Any) -> None:
        if self.more_body and not self.response_started:
            self.keep_alive = False
        await super().send(message)
