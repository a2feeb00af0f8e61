"""Asks `/info` over HTTP, and says of what is no answer whether to ask again (signals.md 1.2)."""

import asyncio
import time
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
import orjson

from tradewind.trading.marketdata.errors import (
    ProviderBusy,
    ProviderRefused,
    ProviderUnavailable,
)
from tradewind.trading.marketdata.metrics import REQUEST_SECONDS

HEADERS: Final = {"Content-Type": "application/json"}
MAX_BODY_BYTES: Final = 4 * 1024 * 1024
MAX_SHOWN_CHARACTERS: Final = 200
CONNECT_TIMEOUT_SECONDS: Final = 2.0
OK: Final = 200
TOO_MANY_REQUESTS: Final = 429
TIMED_OUT: Final = 408
CLIENT_ERRORS: Final = range(400, 500)

OUTCOMES: Final = {
    ProviderBusy: "busy",
    ProviderRefused: "refused",
    ProviderUnavailable: "unavailable",
}


class InfoRequests:
    """Sends requests to one address; only its host is ever shown."""

    def __init__(self, url: str, session: aiohttp.ClientSession, timeout_seconds: float) -> None:
        self._url = f"{url.rstrip('/')}/info"
        self._session = session
        self._timeout = aiohttp.ClientTimeout(timeout_seconds, connect=CONNECT_TIMEOUT_SECONDS)
        self._name = urlsplit(url).netloc.rpartition("@")[2]

    async def ask(self, body: dict[str, Any]) -> Any:
        """Return the answer, which may be None; ProviderUnavailable or ProviderRefused."""
        started, outcome = time.monotonic(), "ok"
        try:
            return await self._ask(body)
        except (ProviderUnavailable, ProviderRefused) as error:
            outcome = OUTCOMES[type(error)]
            raise
        except asyncio.CancelledError:
            outcome = "cancelled"
            raise
        finally:
            seconds = time.monotonic() - started
            REQUEST_SECONDS.labels(body["type"], outcome).observe(seconds)

    async def _ask(self, body: dict[str, Any]) -> Any:
        try:
            async with self._session.post(
                self._url,
                data=orjson.dumps(body),
                headers=HEADERS,
                allow_redirects=False,
                timeout=self._timeout,
            ) as answer:
                content = await self._read(answer)
                self._check(answer.status, content)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise ProviderUnavailable(f"{self._name}: {type(error).__name__}") from None
        try:
            return orjson.loads(content)
        except orjson.JSONDecodeError:
            raise ProviderUnavailable(f"{self._name}: HTTP 200, but not JSON") from None

    async def _read(self, answer: aiohttp.ClientResponse) -> bytes:
        content = bytearray()
        async for chunk in answer.content.iter_any():
            content += chunk
            if len(content) > MAX_BODY_BYTES:
                answer.close()
                raise ProviderUnavailable(f"{self._name}: over {MAX_BODY_BYTES} bytes")
        return bytes(content)

    def _check(self, status: int, content: bytes) -> None:
        if status == OK:
            return
        said = f"{self._name}: HTTP {status}"
        if status == TOO_MANY_REQUESTS:
            raise ProviderBusy(said)
        if status in CLIENT_ERRORS and status != TIMED_OUT:
            text = content[:MAX_SHOWN_CHARACTERS].decode(errors="replace")
            raise ProviderRefused(f"{said}, {''.join(c for c in text if c.isprintable())}")
        raise ProviderUnavailable(said)
