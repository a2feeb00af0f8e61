"""Serves one WebSocket connection, from its handshake to its close."""

import asyncio
import time
from contextlib import suppress
from typing import Any

from starlette.types import Receive, Send

from gateway.http.protocols.websocket import WriteFrame
from gateway.metrics import STREAM_CLOSED
from gateway.stream.client import StreamClient
from gateway.stream.closes import (
    CLIENT_LEFT,
    TOO_MANY_BAD_MESSAGES,
    TOO_MANY_MESSAGES,
    TRY_AGAIN,
    Close,
)
from gateway.stream.commands import CommandHandler
from gateway.stream.event_stream import EventStream
from gateway.stream.limits import (
    FLUSH_TIMEOUT_SECONDS,
    MAX_BAD_MESSAGES,
    MAX_CLOSE_REASON_BYTES,
    MAX_WAITING_COMMANDS,
)
from gateway.stream.messages import (
    Command,
    InvalidMessage,
    error_frame,
    parse_message,
)
from gateway.stream.rate_limit import TokenBucket
from tradewind.errors import TransientError


class StreamSession:
    """Reads a client's commands and sends its frames, until it leaves or has to go."""

    def __init__(
        self,
        stream: EventStream,
        receive: Receive,
        send: Send,
        write: WriteFrame | None = None,
    ) -> None:
        self._hub = stream.hub
        self._receive = receive
        self._send = send
        self._client = StreamClient(write)
        self._handler = CommandHandler(stream, self._client, self._send_text)
        self._commands: asyncio.Queue[Command] = asyncio.Queue(MAX_WAITING_COMMANDS)
        self._bucket = TokenBucket(time.monotonic)
        self._bad_messages = 0

    async def run(self) -> Close:
        """Serve an accepted connection; returns why it ended."""
        self._hub.join(self._client)
        try:
            close = await self._serve()
        finally:
            self._hub.leave(self._client)
        if close is not CLIENT_LEFT:
            STREAM_CLOSED.labels(str(close.code)).inc()
            await self._finish(close)
        return close

    async def _serve(self) -> Close:
        closing = self._client.closing
        parts = (self._listen(), self._run_commands(), self._deliver())
        tasks = [asyncio.ensure_future(part) for part in parts]
        ends: list[asyncio.Future[Any]] = [*tasks, closing]
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
        for error in results:
            if isinstance(error, Exception) and not isinstance(error, OSError):
                raise error
        return closing.result() if closing.done() else CLIENT_LEFT

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
        while True:
            command = await self._commands.get()
            try:
                await self._handler.handle(command)
            except InvalidMessage as error:
                self._refuse(error)
            except TransientError:
                self._client.close(TRY_AGAIN)

    async def _deliver(self) -> None:
        while True:
            queued = await self._client.take()
            await self._send_text(queued.text)
            if queued.sequence is not None:
                self._client.sent = queued.sequence

    def _refuse(self, error: InvalidMessage) -> None:
        self._client.queue_control(error_frame(error))
        self._bad_messages += 1
        if self._bad_messages >= MAX_BAD_MESSAGES:
            self._client.close(TOO_MANY_BAD_MESSAGES)

    async def _send_text(self, text: str) -> None:
        await self._send({"type": "websocket.send", "text": text})

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
                for queued in self._client.take_all():
                    await self._send_text(queued.text)

    def _resume_hint(self) -> str:
        """Name the sequence up to which every subscription has been served."""
        live = (
            self._client.sent if self._client.sent is not None else self._client.interest.earliest()
        )
        points = [point for point in (live, self._handler.replay_position) if point is not None]
        return f"; resumeFrom={min(points)}" if points else ""


def _parse(text: str | None) -> Command:
    if text is None:
        raise InvalidMessage("INVALID_MESSAGE", "send text frames")
    return parse_message(text)
