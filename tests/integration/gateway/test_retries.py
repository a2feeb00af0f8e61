"""Clients that send one request again and again while broker, database and gateway fail.

`RETRIES=long` runs it as long as real outages last; `make retries` does that.
"""

import asyncio
import contextlib
import os
import random
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from actors import sweeper
from gateway.http.server import bind
from tests.integration.gateway.test_process import started
from tests.integration.ledger.harness import LedgerHarness
from tests.settings import Settings
from tests.support.paused import stop
from tests.support.waiting import wait_until
from tests.unit.gateway.support import BODY
from tradewind.ledger.history.reader import LedgerReader
from tradewind.operations.embedded.servers import Servers
from tradewind.postgres import open_pool
from tradewind.redis import open_redis
from tradewind.runtime import connect, declare_streams

IMPATIENT_SECONDS = 1.0
PATIENT_SECONDS = 30.0
MAX_PAUSE_SECONDS = 0.4
ACCEPTED_TIMES = 2
"""So often a client wants to be told that its intent is accepted."""
RETRIED = (httpx2.codes.CREATED, httpx2.codes.SERVICE_UNAVAILABLE)


@dataclass(frozen=True)
class Length:
    """How many clients there are, and for how long what is away."""

    clients: int
    broker_seconds: float
    database_seconds: float


SHORT = Length(6, 2.0, 5.0)
LONG = Length(40, 8.0, 20.0)
LENGTH = LONG if os.environ.get("RETRIES") == "long" else SHORT


@dataclass
class Client:
    """Sends one request under one key until it is accepted, whatever happens meanwhile."""

    number: int
    url: str
    named: set[str] = field(default_factory=set)
    """The ids in all its answers, whatever else they said."""
    accepted: int = 0
    strange: list[str] = field(default_factory=list)

    async def run(self, is_sound: asyncio.Event) -> None:
        """Send again at random moments; once all is sound, until it is accepted often enough."""
        chance = random.Random(self.number)
        headers = {"Idempotency-Key": f"retry-{self.number}"}
        body = BODY | {"strategy_id": f"retry-{self.number}"}
        async with httpx2.AsyncClient(base_url=self.url) as client:
            while not is_sound.is_set() or self.accepted < ACCEPTED_TIMES:
                patience = chance.choice((IMPATIENT_SECONDS, PATIENT_SECONDS))
                with contextlib.suppress(httpx2.TransportError):
                    self._note(
                        await client.post("/intents", json=body, headers=headers, timeout=patience)
                    )
                await asyncio.sleep(chance.uniform(0, MAX_PAUSE_SECONDS))

    def _note(self, response: httpx2.Response) -> None:
        document: dict[str, Any] = response.json()
        if "intent_id" in document:
            self.named.add(document["intent_id"])
        self.accepted += response.status_code == httpx2.codes.CREATED
        if response.status_code not in RETRIED:
            self.strange.append(response.text)


@contextlib.contextmanager
def paused_server(pid: int) -> Iterator[None]:
    """Stop PostgreSQL with all its processes, as a disk that hangs does, while a block runs."""
    pids = [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]
    for one in pids:
        stop(one)
    try:
        yield
    finally:
        for one in pids:
            os.kill(one, signal.SIGCONT)


class Gateway:
    """A gateway process on a port of its own, which can be killed and comes back there."""

    def __init__(self, settings: Settings) -> None:
        with bind("127.0.0.1", 0) as listener:
            self._port = listener.getsockname()[1]
        self._settings = settings
        self._stack = contextlib.AsyncExitStack()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def start(self) -> None:
        settings = {"TRADEWIND_GATEWAY_PORT": str(self._port)}
        await self._stack.enter_async_context(started(self._settings, **settings))

    async def kill(self) -> None:
        await self._stack.aclose()


@asynccontextmanager
async def ledger_that_is_written(settings: Settings) -> AsyncIterator[LedgerReader]:
    """Record what is published, and relay what is not."""
    pool = await open_pool(settings.postgres_dsn.get_secret_value())
    redis = open_redis(settings.redis_url.get_secret_value())
    stopped = asyncio.Event()
    hasty = settings.model_copy(update={"relay_after_seconds": 1.0})
    async with await connect(settings.nats_url, name="test") as connection, redis:
        await declare_streams(connection)
        harness = LedgerHarness(settings, connection, pool, redis)
        async with harness.processes(), asyncio.TaskGroup() as tasks:
            tasks.create_task(sweeper.run(hasty, connection, stopped))
            yield harness.reader
            stopped.set()
    await pool.close()


async def hurt(servers: Servers, gateway: Gateway) -> None:
    """Take the broker away, then pause the database, and kill the gateway in both."""
    broker = servers.processes["nats"]
    await asyncio.sleep(0.5)
    broker.kill()
    await asyncio.sleep(LENGTH.broker_seconds)
    broker.restart()
    await gateway.kill()
    await gateway.start()
    with paused_server(servers.processes["postgres"].pid):
        await asyncio.sleep(LENGTH.database_seconds)
        await gateway.kill()
        await gateway.start()
    await asyncio.sleep(0.5)


async def test_one_key_is_one_intent_and_what_is_accepted_is_recorded(
    settings: Settings, servers: Servers
) -> None:
    gateway = Gateway(settings)
    clients = [Client(number, gateway.url) for number in range(LENGTH.clients)]
    is_sound = asyncio.Event()
    async with ledger_that_is_written(settings) as ledger:
        await gateway.start()
        try:
            async with asyncio.TaskGroup() as tasks:
                for client in clients:
                    tasks.create_task(client.run(is_sound))
                await hurt(servers, gateway)
                is_sound.set()
        finally:
            await gateway.kill()
        assert [client.strange for client in clients] == [[]] * len(clients)
        assert [len(client.named) for client in clients] == [1] * len(clients)
        ids = {intent_id for client in clients for intent_id in client.named}

        async def are_recorded() -> bool:
            return all([await ledger.history(f"intent-{intent_id}") for intent_id in ids])

        await wait_until(are_recorded)
    pool = await open_pool(settings.postgres_dsn.get_secret_value(), max_size=1)
    histories = await pool.fetch(
        "SELECT correlation_id FROM correlation_head WHERE correlation_id LIKE 'intent-%'"
    )
    await pool.close()
    assert {row[0] for row in histories} == {f"intent-{intent_id}" for intent_id in ids}
