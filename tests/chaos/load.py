"""A client that submits intents at a steady rate, in whatever state the platform is."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any, Final

import httpx2

from tests.chaos.desk import CROWDED, FUNDED, THRIFTY
from tests.chaos.sent import Request, Sent
from tests.support.requests import intent, intent_mix

TIMEOUT_SECONDS: Final = 15.0
RETRY_SECONDS: Final = 0.5
MAX_ATTEMPTS: Final = 8
KEY_EVERY: Final = 3
"""One of so many requests has an Idempotency-Key, and is sent again until it is answered."""
CHAIN_EVERY: Final = 3
"""One of so many intents trades on the chain, where there is one."""
BURST_EVERY: Final = 20
BURST: Final = 4
"""So many more intents of one portfolio come at once every so often."""
SHARED: Final = (CROWDED, FUNDED, THRIFTY, None, None)
"""The portfolios of intents, one after the other; None is one of its own."""
PAPER: Final = "paper-"
"""Strategies with this prefix trade on paper on every platform."""
REFUSALS: Final = ("STORE_UNAVAILABLE", "OVERLOADED")
UNKNOWN: Final = "OUTCOME_UNKNOWN"


class Load:
    """Sends intents and lists them."""

    def __init__(self, url: str, *, has_chain: bool = False) -> None:
        self.sent = Sent()
        self._has_chain = has_chain
        self._client = httpx2.AsyncClient(base_url=url, timeout=TIMEOUT_SECONDS)
        self._numbers = count(1)
        self._probes = count(1)
        self._tasks: set[asyncio.Task[None]] = set()

    async def probe(self) -> Request:
        """Send an intent that completes on a sound platform, again while it is refused.

        Where there is a chain, every second one trades on it.
        """
        number = next(self._probes)
        strategy = f"probe-{number}" if number % 2 else f"{PAPER}probe-{number}"
        body = intent(strategy, amount="0.05")
        request = self.sent.request(strategy, body["amount"], strategy)
        while not request.intent_ids:
            await self._attempt(request, body)
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
            self._begin(number, self._body(number))
            if number % BURST_EVERY == 0:
                for place in range(BURST):
                    strategy = f"{PAPER}burst-{number}-{place}"
                    self._begin(number, intent(strategy, amount="0.1") | {"portfolio_id": CROWDED})

    def _begin(self, number: int, body: dict[str, Any]) -> None:
        task = asyncio.create_task(self._send(number, body))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self, number: int, body: dict[str, Any]) -> None:
        strategy = body["strategy_id"]
        key = strategy if number % KEY_EVERY == 0 else None
        request = self.sent.request(strategy, body["amount"], key)
        for _ in range(MAX_ATTEMPTS if key else 1):
            await self._attempt(request, body)
            if request.intent_ids:
                return
            await asyncio.sleep(RETRY_SECONDS)

    def _body(self, number: int) -> dict[str, Any]:
        """Return an intent for paper, or where there is a chain a smaller one for it."""
        portfolio = SHARED[number % len(SHARED)]
        shared = {"portfolio_id": portfolio} if portfolio else {}
        if not self._has_chain or number % CHAIN_EVERY:
            return intent_mix(number, f"{PAPER}chaos-{number}") | shared
        side = "dispose" if number % (2 * CHAIN_EVERY) else "acquire"
        return intent(f"chaos-{number}", intent_type=side, amount=f"0.00{100 + number}") | shared

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
