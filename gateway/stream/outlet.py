"""Sends frames to one client as fast as it reads, past the application's messages if possible."""

import asyncio
from collections.abc import Sequence

from starlette.types import Send

from gateway.http.protocols.websocket import FrameWriter
from gateway.stream.control import QueuedFrame
from gateway.stream.limits import REPLAY_STALL_SECONDS


class StalledReader(Exception):
    """The client has not read what was sent to it for too long. It may resume where it stopped."""


class Outlet:
    """The way to one client; frames are sent in the order of the calls."""

    def __init__(self, send: Send, writer: FrameWriter | None) -> None:
        self._send = send
        self._writer = writer

    async def send(self, frames: Sequence[QueuedFrame]) -> None:
        """Send frames once the client reads; StalledReader when it does not for too long."""
        try:
            async with asyncio.timeout(REPLAY_STALL_SECONDS):
                await self.send_when_read(frames)
        except TimeoutError:
            raise StalledReader from None

    async def send_when_read(self, frames: Sequence[QueuedFrame]) -> None:
        """Send frames however long the client takes; whoever calls bounds what may wait."""
        if self._writer is not None:
            await self._writer.send_frames(b"".join([frame.wire for frame in frames]))
            return
        for frame in frames:
            await self._send({"type": "websocket.send", "text": frame.text})
