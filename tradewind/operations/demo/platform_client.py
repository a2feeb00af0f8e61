"""A client of the platform over HTTP and one WebSocket."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tradewind.errors import TransientError

TOPICS: Final = ("intent.*", "risk.*", "plan.*", "exec.*")
REQUEST_TIMEOUT_SECONDS: Final = 10.0


class PlatformUnreachable(TransientError):
    """No platform answers. Start one with `make up`, or name another with --url."""

    code = "PLATFORM_UNREACHABLE"


class PlatformClient:
    """Posts intents and yields the events of the platform. Use `open_platform` to make one."""

    def __init__(self, http: httpx2.AsyncClient, stream: ClientConnection) -> None:
        self._http = http
        self._stream = stream

    async def submit(self, body: Mapping[str, Any]) -> str:
        """Return the id of the new intent; PlatformRefused with the problem's text otherwise."""
        try:
            response = await self._http.post("/intents", json=body)
        except httpx2.TransportError as error:
            raise PlatformRefused(f"no answer: {type(error).__name__}") from None
        if response.status_code != httpx2.codes.CREATED:
            raise PlatformRefused(f"HTTP {response.status_code}: {_problem(response)}")
        intent_id: str = response.json()["intent_id"]
        return intent_id

    async def subscribe(self) -> None:
        """Subscribe to every event of every intent and wait for the acknowledgement."""
        await self._stream.send(json.dumps({"action": "subscribe", "topics": TOPICS}))
        async for frame in self._frames():
            match frame.get("type"):
                case "subscribed":
                    return
                case "error":
                    raise PlatformRefused(f"subscription refused: {frame.get('detail')}")

    async def events(self) -> AsyncIterator[dict[str, Any]]:
        """Yield every event until the stream is closed."""
        async for frame in self._frames():
            if "type" not in frame:
                yield frame

    async def _frames(self) -> AsyncIterator[dict[str, Any]]:
        try:
            async for frame in self._stream:
                yield json.loads(frame)
        except ConnectionClosed as error:
            raise PlatformUnreachable(f"the stream was closed: {error}") from None


class PlatformRefused(TransientError):
    """The platform refused the request; the message is the problem's text."""

    code = "PLATFORM_REFUSED"


def _problem(response: httpx2.Response) -> str:
    try:
        problem = response.json()
        return str(problem.get("detail") or problem["title"])
    except (ValueError, KeyError, AttributeError):
        return response.text[:200]


@asynccontextmanager
async def open_platform(url: str) -> AsyncIterator[PlatformClient]:
    """Connect to a running platform and subscribe; PlatformUnreachable when there is none."""
    socket_url = urlsplit(url)._replace(scheme="wss" if url.startswith("https") else "ws").geturl()
    async with httpx2.AsyncClient(base_url=url, timeout=REQUEST_TIMEOUT_SECONDS) as http:
        try:
            stream = await connect(f"{socket_url.rstrip('/')}/stream")
        except (OSError, InvalidHandshake, TimeoutError):
            raise PlatformUnreachable(
                f"no platform answers at {url}: start one with `make up`"
            ) from None
        async with stream:
            client = PlatformClient(http, stream)
            await client.subscribe()
            yield client
