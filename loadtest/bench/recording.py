"""Measures how soon an event is recorded, whatever the read models do, and what signing waits."""

import asyncio
import itertools
import os
import signal
import time
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, Final

import asyncpg
import nats
import uvloop
from nats.aio.client import Client
from pydantic import SecretStr
from redis.asyncio import Redis

from actors.venues.recording import RecordedPlans, once_recorded
from actors.venues.uniswap_v3.keys import load_signer
from loadtest.bench.backlog import declare, publish, publish_all
from loadtest.bench.drain import start_coordinator
from loadtest.bench.events import accepted_histories
from loadtest.bench.findings import BenchmarkFailed, Budget, Finding
from loadtest.bench.percentiles import percentile
from loadtest.bench.rebuild import interleaved, record
from loadtest.bench.references import Reference
from loadtest.bench.run import Run
from loadtest.mixed_history import mixed_histories
from tradewind.contracts.envelope import AnyEvent, Event
from tradewind.contracts.plans.payloads import PlanCreated
from tradewind.ledger.migrations import upgrade
from tradewind.operations.embedded.devchain.accounts import TRADER, TRADER_KEY
from tradewind.operations.embedded.servers import Servers, start_servers
from tradewind.postgres import open_pool
from tradewind.readmodels.documents.store import DocumentStore
from tradewind.redis import open_redis
from tradewind.trading.chain.settings import WalletSettings
from tradewind.trading.halts.gate import Passage
from tradewind.trading.wallet.plan_event import PlanEvent
from tradewind.trading.wallet.records import (
    Fees,
    StepKey,
    TransactionPlan,
    TransactionPurpose,
    TransactionRequest,
)
from tradewind.trading.wallet.transaction_journal import ORCHESTRATOR_ROLE, TransactionJournal

NAME: Final = "recording"
_EVENTS = 112_000
_PROBES = 200
_SEED = 41
_PAUSE_SECONDS = 0.05
_POLL_SECONDS = 0.001
_DEADLINE_SECONDS = 900
_BUDGET = Budget(60)
"""50 ms where a durable publish takes 0.8 ms."""
_CHAIN_ID = 31_337
_MAX_OPEN = 10_000
_RECORDED = "SELECT 1 FROM event_index WHERE event_id = $1"


def run(run: Run) -> list[Finding]:
    """Return the latency of recording while documents are written anew, and while Redis hangs."""
    directory = run.subdirectory("recording")
    with start_servers(directory) as servers:
        upgrade(servers.postgres_dsn)
        count = run.scaled(_EVENTS)
        run.say(f"{NAME}: recording {count:,} events")
        events = itertools.islice(interleaved(mixed_histories(_SEED)), count)
        uvloop.run(record(servers.postgres_dsn, events))
        coordinator = start_coordinator(servers, directory / "coordinator.log")
        try:
            return uvloop.run(_measure(servers, count, run.scaled(_PROBES)))
        finally:
            coordinator.kill()
            coordinator.wait()


async def _measure(servers: Servers, count: int, probes: int) -> list[Finding]:
    await declare(servers.nats_url)
    events = itertools.chain.from_iterable(accepted_histories(_SEED))
    async with await nats.connect(servers.nats_url, name="bench-recording") as client:
        probe = Probe(client, await asyncpg.connect(servers.postgres_dsn), events)
        async with open_redis(servers.redis_url) as redis:
            await probe.record()
            store = DocumentStore(redis)
            rebuilt = [await probe.milliseconds()]
            while len(rebuilt) < probes and await _shown(store) < count:
                rebuilt.append(await probe.milliseconds())
            rebuild_seconds = await _seconds_until_shown(store, count)
            idle = [await probe.milliseconds() for _ in range(probes)]
            hung = await _while_hung(redis, probe, probes)
        waits = await _signing(servers.postgres_dsn, client, probes)
    note = f"{rebuild_seconds:.0f} s more until they were complete"
    return [
        _finding("an event, read models complete", idle, _BUDGET),
        _finding(f"while {count:,} events are projected anew", rebuilt, _BUDGET, note),
        _finding("while Redis hangs", hung, _BUDGET),
        _finding("what signing waits for the ledger", waits, None, "heard to claimed"),
    ]


def _finding(what: str, times: list[float], budget: Budget | None, note: str = "") -> Finding:
    notes = [f"p99 {percentile(times, 99):.0f} ms", *([note] if note else [])]
    middle, note = percentile(times, 50), "; ".join(notes)
    return Finding(NAME, f"{what}, p50", middle, "ms", budget, note, Reference.PUBLISH)


class Probe:
    """Publishes events one by one, and waits until each is recorded."""

    def __init__(self, client: Client, database: Any, events: Iterator[AnyEvent]) -> None:
        self._client = client
        self._database = database
        self._events = events

    async def milliseconds(self) -> float:
        """Return the time from publishing an event until the ledger has it."""
        await asyncio.sleep(_PAUSE_SECONDS)
        started_at = time.perf_counter()
        await self.record()
        return (time.perf_counter() - started_at) * 1_000

    async def record(self) -> None:
        """Publish the next event and wait until it is recorded."""
        event = next(self._events)
        await publish(self._client, event)
        await self.recorded(event)

    async def recorded(self, event: AnyEvent) -> None:
        """Wait until an event is recorded."""
        deadline = time.monotonic() + _DEADLINE_SECONDS
        while await self._database.fetchval(_RECORDED, event.event_id) is None:
            if time.monotonic() > deadline:
                raise BenchmarkFailed(f"nothing recorded for {_DEADLINE_SECONDS} s")
            await asyncio.sleep(_POLL_SECONDS)


async def _shown(store: DocumentStore) -> int:
    mark = await store.mark()
    return mark.version if mark else 0


async def _seconds_until_shown(store: DocumentStore, count: int) -> float:
    began_at = time.monotonic()
    async with asyncio.timeout(_DEADLINE_SECONDS):
        while True:
            if await _shown(store) >= count:
                return time.monotonic() - began_at
            await asyncio.sleep(_POLL_SECONDS)


async def _while_hung(redis: Redis, probe: Probe, probes: int) -> list[float]:
    pid = int((await redis.info("server"))["process_id"])
    os.kill(pid, signal.SIGSTOP)
    try:
        return [await probe.milliseconds() for _ in range(probes)]
    finally:
        os.kill(pid, signal.SIGCONT)


async def _signing(dsn: str, client: Client, probes: int) -> list[float]:
    """Return the times from hearing of a plan until its step is claimed, in milliseconds."""
    pool = await open_pool(dsn, role=ORCHESTRATOR_ROLE)
    journal = TransactionJournal(pool, _CHAIN_ID, TRADER)
    await journal.register(0)
    heard = await client.subscribe(f"{PlanCreated.topic}.>")
    histories = filter(None, map(_until_planned, mixed_histories(_SEED + 1)))
    times = []
    for *before, plan in itertools.islice(histories, probes):
        await publish_all(client, before)
        publishing = asyncio.create_task(publish(client, plan))
        await heard.next_msg(timeout=_DEADLINE_SECONDS)
        started_at = time.perf_counter()
        await _claim(journal, plan)
        times.append((time.perf_counter() - started_at) * 1_000)
        await publishing
    await pool.close()
    return times


def _until_planned(history: Sequence[AnyEvent]) -> list[AnyEvent]:
    """Return a history up to its plan; nothing of one that was never planned."""
    places = [place for place, one in enumerate(history) if isinstance(one.payload, PlanCreated)]
    return list(history[: places[0] + 1]) if places else []


async def _claim(journal: TransactionJournal, event: Event[PlanCreated]) -> None:
    """Claim the plan's step as the venue does once the swap was tried out."""
    swap = TransactionRequest(
        TransactionPurpose.SWAP, TRADER, b"", 200_000, Fees(2, 1), event.payload.expires_at
    )
    claim = partial(
        journal.claim,
        StepKey(event.payload.plan_id, 0),
        PlanEvent.of(event),
        Passage(()),
        TRADER,
        TRADER,
        lambda _: TransactionPlan((swap,), 0),
        load_signer(WalletSettings(wallet_key=SecretStr(TRADER_KEY))).sign,
        _MAX_OPEN,
    )
    await once_recorded(lambda _: claim(), event.event_id, RecordedPlans())
