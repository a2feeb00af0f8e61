"""A client that submits intents at a steady rate, in whatever state the platform is."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any, Final

import httpx2

from tests.chaos.sent import Request, Sent
from tests.support.requests import intent, intent_mix

TIMEOUT_SECONDS: Final = 15.0
RETRY_SECONDS: Final = 0.5
MAX_ATTEMPTS: Final = 8
KEY_EVERY: Final = 3
"""One of so many requests has an Idempotency-Key, and is sent again until it is answered."""
REFUSALS: Final = ("BROKER_UNAVAILABLE", "STORE_UNAVAILABLE")
UNKNOWN: Final = "OUTCOME_UNKNOWN"


class Load:
    """Sends intents and lists them."""

    def __init__(self, url: str, sent: Sent) -> None:
        self.sent = sent
        self._client = httpx2.AsyncClient(base_url=url, timeout=TIMEOUT_SECONDS)
        self._numbers = count(1)
        self._probes = count(1)
        self._tasks: set[asyncio.Task[None]] = set()

    async def probe(self) -> Request:
        """Send an intent that completes on a sound platform, again while it is refused."""
        strategy = f"probe-{next(self._probes)}"
        request = self.sent.request(strategy, "0.5", strategy)
        while not request.intent_ids:
            await self._attempt(request, intent(strategy))
            if not request.intent_ids:
                await asyncio.sleep(RETRY_SECONDS / 5)
        return request

    @asynccontextmanager
    async def running(self, per_second: float) -> AsyncIterator[None]:
        """Send at this rate until the block ends, then wait for the answers."""
        sending = asyncio.create_task(self._send_all(per_second))
        try:
            yield
        finally:
            sending.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await sending
            await asyncio.gather(*self._tasks)

    async def close(self) -> None:
        """Close the client."""
        await self._client.aclose()

    async def _send_all(self, per_second: float) -> None:
        loop = asyncio.get_running_loop()
        start = loop.time()
        for number in self._numbers:
            await asyncio.sleep(start + number / per_second - loop.time())
            task = loop.create_task(self._send(number))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _send(self, number: int) -> None:
        strategy = f"chaos-{number}"
        body = intent_mix(number, strategy)
        key = strategy if number % KEY_EVERY == 0 else None
        request = self.sent.request(strategy, body["amount"], key)
        for _ in range(MAX_ATTEMPTS if key else 1):
            await self._attempt(request, body)
            if request.intent_ids:
                return
            await asyncio.sleep(RETRY_SECONDS)

    async def _attempt(self, request: Request, body: dict[str, Any]) -> None:
        headers = {"Idempotency-Key": request.key} if request.key else {}
        try:
            response = await self._client.post("/intents", json=body, headers=headers)
        except (httpx2.ConnectError, httpx2.ConnectTimeout):
            return
        except httpx2.TransportError:
            request.may_have_happened = True
            return
        if response.status_code == httpx2.codes.CREATED:
            request.intent_ids.add(response.json()["intent_id"])
            return
        code = response.json().get("code", "")
        if code in REFUSALS:
            return
        request.may_have_happened = True
        if code != UNKNOWN:
            request.errors.append(f"{response.status_code} {response.text}")
