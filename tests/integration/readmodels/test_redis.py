"""How the one Redis client behaves when the server does not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from redis.exceptions import ConnectionError, TimeoutError

from tradewind import redis as opening
from tradewind.redis import open_redis

PONG = b"+PONG\r\n"


class Server:
    """Answers what its replies say, connection by connection; None hangs up on a command."""

    def __init__(self, *replies: bytes | None) -> None:
        self._replies = list(replies)
        self.pings = 0
        self.url = ""

    @asynccontextmanager
    async def serve(self) -> AsyncIterator["Server"]:
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        async with server:
            self.url = f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            yield self

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reply = self._replies.pop(0)
        while asked := await reader.read(4_096):
            if b"PING" not in asked:
                writer.write(b"+OK\r\n" * asked.count(b"CLIENT"))
                continue
            self.pings += 1
            if reply is None:
                break
            writer.write(reply)
        writer.close()


@pytest.mark.parametrize(
    ("replies", "pings", "error"),
    [
        ((PONG,), 1, None),
        ((None, PONG), 2, None),
        ((None, None, PONG), 2, ConnectionError),
        ((b"", PONG), 1, TimeoutError),
    ],
    ids=["well", "dropped once", "dropped twice", "silent"],
)
async def test_a_dropped_connection_is_tried_once_more_and_silence_is_not(
    monkeypatch: pytest.MonkeyPatch,
    replies: tuple[bytes | None, ...],
    pings: int,
    error: type[Exception] | None,
) -> None:
    if error is TimeoutError:
        monkeypatch.setattr(opening, "TIMEOUT_SECONDS", 0.2)
    async with Server(*replies).serve() as server:
        async with open_redis(server.url) as client:
            if error is None:
                assert await client.ping()
            else:
                with pytest.raises(error):
                    await client.ping()
        assert server.pings == pings
