"""A session on a stream in memory, and the client at its other end."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from gateway.http.caller import LOCAL_CALLER, Caller
from gateway.stream.authentication import StreamAuthenticator
from gateway.stream.event_stream import EventStream
from gateway.stream.hub import StreamHub
from gateway.stream.messages import Command
from gateway.stream.session import StreamSession
from gateway.stream.topic_patterns import parse_allowed
from tests.unit.gateway.memory_ports import MemoryStore
from tests.unit.gateway.support import make_event, stored


class ClientConnection:
    """The client's end of a session; `reading` off means its buffers are full."""

    def __init__(
        self,
        hub: StreamHub,
        store: MemoryStore,
        allowed: str = "*",
        *,
        caller: Caller = LOCAL_CALLER,
        authenticator: StreamAuthenticator | None = None,
        opening: Command | None = None,
    ) -> None:
        self.hub = hub
        self.reading = asyncio.Event()
        self.reading.set()
        self._inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        stream = EventStream(hub, store, parse_allowed([allowed]), authenticator=authenticator)
        self.session = StreamSession(
            stream, self._inbox.get, self._take, caller=caller, opening=opening
        )

    async def _take(self, message: Any) -> None:
        if message["type"] == "websocket.send":
            await self.reading.wait()
        self._sent.put_nowait(message)

    def send(self, **message: Any) -> None:
        self.send_text(json.dumps(message))

    def send_text(self, text: str) -> None:
        self._inbox.put_nowait({"type": "websocket.receive", "text": text})

    def send_bytes(self) -> None:
        self._inbox.put_nowait({"type": "websocket.receive", "bytes": b"\x00", "text": None})

    def leave(self) -> None:
        self._inbox.put_nowait({"type": "websocket.disconnect", "code": 1000})

    async def receive(self) -> dict[str, Any]:
        """Return the next frame, as the document it is."""
        message = await asyncio.wait_for(self._sent.get(), 5)
        assert message["type"] == "websocket.send", message
        document: dict[str, Any] = json.loads(message["text"])
        return document

    async def receive_close(self) -> tuple[int, str]:
        """Return code and reason of the close, whatever came before it."""
        while True:
            message = await asyncio.wait_for(self._sent.get(), 5)
            if message["type"] == "websocket.close":
                return message["code"], message["reason"]

    async def receive_sequences(self, count: int) -> list[int]:
        return [(await self.receive())["streamSequence"] for _ in range(count)]

    @property
    def has_nothing_more(self) -> bool:
        return self._sent.empty()


class StreamHarness:
    """A stream, its hub, and connections."""

    def __init__(self) -> None:
        self.hub = StreamHub()
        self.store = MemoryStore()

    def store_events(self, count: int) -> None:
        for _ in range(count):
            sequence = len(self.store.messages) + 1
            message = stored(make_event(sequence), sequence)
            self.store.messages.append(message)
            self.hub.publish(message)

    @asynccontextmanager
    async def connection(
        self, allowed: str = "*", **options: Any
    ) -> AsyncIterator[ClientConnection]:
        connection = ClientConnection(self.hub, self.store, allowed, **options)
        task = asyncio.ensure_future(connection.session.run())
        try:
            yield connection
        finally:
            connection.leave()
            await asyncio.wait_for(task, 5)
        assert connection.session._client not in self.hub._clients

    @asynccontextmanager
    async def subscribed(self, topics: Sequence[str] = ("*",)) -> AsyncIterator[ClientConnection]:
        async with self.connection() as connection:
            connection.send(action="subscribe", topics=list(topics))
            await connection.receive()
            yield connection
