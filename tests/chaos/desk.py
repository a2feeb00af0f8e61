"""The people at a platform while it is hurt: they halt, resume, limit, fund, cancel, reconcile."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from random import Random
from typing import Any, Final

import asyncpg
import httpx2

from tests.chaos.administrator import Database
from tests.chaos.sent import Cancellation, Capital, Halt, Sent
from tests.chaos.signatures import Signatures
from tests.support.waiting import wait_until
from tradewind.trading.accounting import funding
from tradewind.trading.tokens import load_tokens

TIMEOUT_SECONDS: Final = 10.0
RETRY_SECONDS: Final = 0.5
PAUSE_SECONDS: Final = (1.0, 3.0)
"""Between two commands."""
HALTED_SECONDS: Final = (0.2, 1.5)
"""Short, so that no recovery waits long for trading to go on."""
CROWDED: Final = "crowd"
"""Many intents contend for the few that it may have open."""
THRIFTY: Final = "thrift"
"""It has a budget for the day."""
FUNDED: Final = "fund"
"""It has capital, and may spend no more than that."""
CAPITAL: Final = Decimal(20_000)
ROOMS: Final = (3, 2, 4)
"""How many open intents the crowded portfolio may have, one policy after the other."""
BUDGETS_USD: Final = (20_000, 40_000)
HALTABLE: Final = (
    "everything",
    f"portfolio:{CROWDED}",
    f"account:{FUNDED}",
    "instrument:ethereum-WETH-USDC",
    "venue:simulated",
    "venue:uniswap_v3",
    "strategy",
)
"""The last one stands for the strategy of an intent that was just sent."""
LATEST: Final = 20
REFUSALS: Final = (httpx2.codes.CONFLICT, httpx2.codes.SERVICE_UNAVAILABLE)
"""An intent has ended already, or a store is away."""
FUNDED_ENTRIES: Final = """
SELECT count(*) FROM entries WHERE portfolio_id = $1 AND counter_account = 'capital'
"""

type Command = Callable[[], Awaitable[None]]


class Desk:
    """Commands of people, one after the other, each noted once the platform has answered it."""

    def __init__(
        self, url: str, sent: Sent, database: Database, dsn: str, *, has_chain: bool
    ) -> None:
        self._sent = sent
        self._dsn = dsn
        self._database = database
        self._client = httpx2.AsyncClient(base_url=url, timeout=TIMEOUT_SECONDS)
        self._busy = asyncio.Lock()
        self._policies, self._payments, self._reports = count(), count(1), count(1)
        self._cancelled: set[str] = set()
        self.signatures = Signatures(database)
        self.restores = 0
        """How often the database was restored: what was committed before may be gone."""
        commands: list[Command] = [self.halt, self.halt, self.cancel, self.cancel, self.cancel]
        commands += [self.limit, self.fund]
        self._commands = [*commands, self.reconcile] if has_chain else commands
        self._chance = Random(0)

    async def open(self) -> None:
        """Put limits into force and give capital, and wait until it is booked."""
        await wait_until(self._limit, "limits are in force")
        await self.fund()

        async def is_booked() -> bool:
            return bool(await self._database.value(FUNDED_ENTRIES, FUNDED))

        await wait_until(is_booked, "the first capital is booked")

    @asynccontextmanager
    async def working(self, seed: int) -> AsyncIterator[None]:
        """Give commands until the block ends; nothing stays halted."""
        self._chance = Random(f"{seed}/desk")
        working = asyncio.create_task(self._work())
        try:
            yield
        finally:
            # Between two commands, so that nothing stays halted.
            async with self._busy:
                working.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await working

    @asynccontextmanager
    async def resting(self) -> AsyncIterator[None]:
        """Give no command while the block runs."""
        async with self._busy:
            yield

    async def close(self) -> None:
        """Close the client."""
        await self._client.aclose()

    async def _work(self) -> None:
        while True:
            await asyncio.sleep(self._chance.uniform(*PAUSE_SECONDS))
            command = self._chance.choice(self._commands)
            async with self._busy:
                try:
                    await command()
                except TimeoutError as error:
                    self._sent.commands.errors.append(str(error))

    async def halt(self) -> None:
        """Halt a scope, look at what is signed meanwhile, and resume it."""
        scope = self._chance.choice(HALTABLE)
        if scope == "strategy":
            latest = list(self._sent.requests)[-LATEST:]
            scope = f"strategy:{self._chance.choice(latest)}" if latest else "everything"
        seconds = self._chance.uniform(*HALTED_SECONDS)
        async with self.halted(scope):
            await asyncio.sleep(seconds)

    @asynccontextmanager
    async def halted(self, *scopes: str) -> AsyncIterator[bool]:
        """Halt scopes while the block runs; say whether all of them were answered as halted."""
        restores, first = self.restores, 0
        try:
            answers = [await self._set_state(one, "halted") for one in scopes]
            if all(answers):
                first = await self.signatures.look()
            yield all(answers)
            if first:
                last = await self.signatures.look()
                if restores == self.restores:
                    halts = [Halt(scope, first, last) for scope in scopes]
                    self._sent.commands.halts += halts
                    self._count("halt", len(halts))
        finally:
            for scope in scopes:
                await wait_until(
                    lambda one=scope: self._set_state(one, "active"), f"{scope} trades"
                )

    async def limit(self) -> None:
        """Put the next policy into force."""
        if await self._limit():
            self._count("policy")

    async def fund(self) -> None:
        """Give capital to the funded portfolio; the same payment again until it is kept."""
        token = load_tokens().by_symbol("ethereum", "USDC")
        assert token is not None
        capital = funding.Capital(FUNDED, token, CAPITAL, direction="in")
        event = funding.funding(
            capital,
            requested_by="drill",
            note="",
            reference=f"payment {next(self._payments)}",
            producer="cli",
            at=datetime.now(UTC),
        )
        while True:
            with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                connection = await asyncpg.connect(self._dsn, timeout=TIMEOUT_SECONDS)
                try:
                    await funding.keep_funding(connection, event)
                    break
                finally:
                    connection.terminate()
            await asyncio.sleep(RETRY_SECONDS)
        units = int(CAPITAL.scaleb(token.decimals))
        self._sent.commands.capital.append(Capital(FUNDED, token.address, units))
        self._count("funding")

    async def cancel(self) -> None:
        """Ask to cancel one of the latest intents, and note what is signed once it is answered."""
        requests = list(self._sent.requests.values())[-LATEST:]
        known = {one for request in requests for one in request.intent_ids} - self._cancelled
        if not known:
            return
        intent_id, restores = self._chance.choice(sorted(known)), self.restores
        if not await self._ask("POST", f"/intents/{intent_id}/cancel"):
            return
        self._cancelled.add(intent_id)
        look = await self.signatures.look()
        if restores == self.restores:
            self._sent.commands.cancellations.append(Cancellation(intent_id, look))
            self._count("cancellation")

    async def reconcile(self) -> None:
        """Have the wallets compared with the chain."""
        if await self._ask("POST", "/wallets/reconcile", {}):
            self._count("reconciliation")

    async def _limit(self) -> bool:
        number = next(self._policies)
        portfolios = {
            CROWDED: {"max_open_intents": ROOMS[number % len(ROOMS)]},
            THRIFTY: {"daily_budget_usd": str(BUDGETS_USD[number % len(BUDGETS_USD)])},
        }
        return await self._ask("PUT", "/risk/limits", {"portfolios": portfolios})

    async def _set_state(self, scope: str, state: str) -> bool:
        body = {"state": state, "reason": "drill"}
        return await self._ask("PUT", f"/risk/states/{scope}", body)

    async def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> bool:
        """Return whether the platform did what it was asked for; it may be away, or refuse."""
        try:
            answer = await self._client.request(method, path, json=body)
        except httpx2.TransportError:
            return False
        if not answer.is_success and answer.status_code not in REFUSALS:
            self._sent.commands.errors.append(f"{path}: {answer.status_code} {answer.text}")
        return answer.is_success

    def _count(self, what: str, number: int = 1) -> None:
        self._sent.commands.counts[what] += number
