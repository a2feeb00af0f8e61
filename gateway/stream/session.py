"""Serves one WebSocket connection, from its handshake to its close."""

import asyncio
import time
from contextlib import suppress
from typing import Any

from starlette.types import Receive, Send

from gateway.http.caller import ANONYMOUS, LOCAL_CALLER, Caller
from gateway.http.protocols.websocket import FrameWriter
from gateway.metrics import STREAM_CLOSED
from gateway.stream.client import StreamClient
from gateway.stream.closes import (
    CLIENT_LEFT,
    NOT_AUTHENTICATED,
    NOT_SUBSCRIBED,
    TOO_MANY_BAD_MESSAGES,
    TOO_MANY_MESSAGES,
    TOO_MANY_OF_KEY,
    TOO_SLOW,
    TRY_AGAIN,
    Close,
)
from gateway.stream.commands import CommandHandler
from gateway.stream.event_stream import EventStream
from gateway.stream.limits import (
    FIRST_SUBSCRIPTION_SECONDS,
    FLUSH_TIMEOUT_SECONDS,
    MAX_BAD_MESSAGES,
    MAX_CLIENTS_PER_KEY,
    MAX_CLOSE_REASON_BYTES,
    MAX_WAITING_COMMANDS,
    SEND_BATCH_FRAMES,
)
from gateway.stream.messages import (
    Command,
    InvalidMessage,
    control_frame,
    error_frame,
    parse_message,
)
from gateway.stream.outlet import Outlet, StalledReader
from gateway.stream.rate_limit import TokenBucket
from gateway.stream.visibility import Visibility
from tradewind.errors import TransientError


class StreamSession:
    """Reads a client's commands and sends its frames, until it leaves or has to go."""

    def __init__(
        self,
        stream: EventStream,
        receive: Receive,
        send: Send,
        writer: FrameWriter | None = None,
        *,
        caller: Caller,
        address: str | None = None,
        opening: Command | None = None,
    ) -> None:
        """`opening` is carried out first, as if the client had sent it."""
        self._stream = stream
        self._hub = stream.hub
        self._receive = receive
        self._send = send
        self._caller = caller
        self._address = address
        self._outlet = Outlet(send, writer)
        self._client = StreamClient(writer)
        self._handler: CommandHandler | None = None
        self._commands: asyncio.Queue[Command] = asyncio.Queue(MAX_WAITING_COMMANDS)
        if opening is not None:
            self._commands.put_nowait(opening)
        self._bucket = TokenBucket(time.monotonic)
        self._bad_messages = 0

    async def run(self) -> Close:
        """Serve an accepted connection; returns why it ended."""
        self._hub.join(self._client)
        try:
            close = await self._open() or await self._serve()
        finally:
            self._hub.leave(self._client)
        if close is not CLIENT_LEFT:
            STREAM_CLOSED.labels(str(close.code)).inc()
            await self._finish(close)
        return close

    async def _open(self) -> Close | None:
        """Find out who the caller is; return why the connection ends here, if it does."""
        if self._caller is not ANONYMOUS:
            return self._admit(self._caller)
        opening = asyncio.ensure_future(self._authenticate())
        ends: list[asyncio.Future[Any]] = [opening, self._client.closing]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        if not opening.done():
            opening.cancel()
            return self._client.closing.result()
        found = opening.result()
        return found if isinstance(found, Close) else self._admit(found)

    def _admit(self, caller: Caller) -> Close | None:
        """Serve a caller, unless its key has as many connections as it may."""
        is_local = caller.key_id == LOCAL_CALLER.key_id
        if not is_local and self._hub.count_of_key(caller.key_id) >= MAX_CLIENTS_PER_KEY:
            return TOO_MANY_OF_KEY
        self._hub.join(self._client, caller.key_id)
        if not caller.accounts.are_all:
            self._client.visibility = Visibility(caller.accounts, self._hub.strategies)
        self._handler = CommandHandler(self._stream, self._client, self._outlet, caller)
        return None

    async def _authenticate(self) -> Caller | Close:
        """Return whom the first message is from, or why the connection ends."""
        if self._stream.authenticator is None:
            return NOT_AUTHENTICATED
        try:
            async with asyncio.timeout(FIRST_SUBSCRIPTION_SECONDS):
                message = await self._receive()
                if message["type"] == "websocket.disconnect":
                    return CLIENT_LEFT
                text = message.get("text") or ""
                caller = await self._stream.authenticator.authenticate(text, self._address)
        except (TimeoutError, InvalidMessage):
            return NOT_AUTHENTICATED
        except TransientError:
            return TRY_AGAIN
        self._client.queue_control(control_frame("authenticated"))
        return caller

    async def _serve(self) -> Close:
        closing = self._client.closing
        deadline = asyncio.get_running_loop().call_later(
            FIRST_SUBSCRIPTION_SECONDS, self._expect_subscription
        )
        parts = (self._listen(), self._run_commands(), self._deliver())
        tasks = [asyncio.ensure_future(part) for part in parts]
        ends: list[asyncio.Future[Any]] = [*tasks, closing]
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            deadline.cancel()
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
        for error in results:
            if isinstance(error, Exception) and not isinstance(error, OSError):
                raise error
        return closing.result() if closing.done() else CLIENT_LEFT

    def _expect_subscription(self) -> None:
        """End a connection that was not opened to see anything, for it takes another's place."""
        if not len(self._client.interest) and not self._client.catching_up:
            self._client.close(NOT_SUBSCRIBED)

    async def _listen(self) -> None:
        """Read messages until the client leaves; a replay that runs does not hold them up."""
        while True:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                return
            if not self._bucket.take() or self._commands.full():
                self._client.close(TOO_MANY_MESSAGES)
                return
            try:
                self._commands.put_nowait(_parse(message.get("text")))
                self._bad_messages = 0
            except InvalidMessage as error:
                self._refuse(error)

    async def _run_commands(self) -> None:
        handler = self._handler
        assert handler is not None
        while True:
            command = await self._commands.get()
            try:
                await handler.handle(command)
            except InvalidMessage as error:
                self._refuse(error)
            except StalledReader:
                self._client.close(TOO_SLOW)
            except TransientError:
                self._client.close(TRY_AGAIN)

    async def _deliver(self) -> None:
        while True:
            queued = await self._client.take(SEND_BATCH_FRAMES)
            await self._outlet.send_when_read(queued)
            points = [one.sequence for one in queued if one.sequence is not None]
            if points:
                self._client.sent = points[-1]

    def _refuse(self, error: InvalidMessage) -> None:
        self._client.queue_control(error_frame(error))
        self._bad_messages += 1
        if self._bad_messages >= MAX_BAD_MESSAGES:
            self._client.close(TOO_MANY_BAD_MESSAGES)

    async def _finish(self, close: Close) -> None:
        reason = close.reason
        try:
            if close.resumable:
                reason += self._resume_hint()
            else:
                await self._flush()
            await self._send(
                {
                    "type": "websocket.close",
                    "code": close.code,
                    "reason": reason[:MAX_CLOSE_REASON_BYTES],
                }
            )
        except OSError:  # the client left while we were closing
            return

    async def _flush(self) -> None:
        """Let the client read why it has to go, if it reads at all."""
        with suppress(TimeoutError):
            async with asyncio.timeout(FLUSH_TIMEOUT_SECONDS):
                await self._outlet.send_when_read(self._client.take_all())

    def _resume_hint(self) -> str:
        """Name the sequence up to which every subscription has been served."""
        live = (
            self._client.sent if self._client.sent is not None else self._client.interest.earliest()
        )
        replayed = self._handler.replay_position if self._handler else None
        points = [point for point in (live, replayed) if point is not None]
        return f"; resumeFrom={min(points)}" if points else ""


def _parse(text: str | None) -> Command:
    if text is None:
        raise InvalidMessage("INVALID_MESSAGE", "send text frames")
    return parse_message(text)
