"""The enricher on real servers: whatever moves, dies or comes twice, one decision a signal."""

import asyncio
import os
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from nats.js.errors import NotFoundError

from actors.broker import broker
from actors.enricher.actors import enrich_signal
from actors.enricher.ports import EnricherPorts
from actors.observation_publisher import keeping
from tests.settings import Settings
from tests.support.perps import COIN, NOW, book, signal_received, snapshots
from tests.support.recorded import MemorySource, run_again
from tests.support.waiting import PATIENCE_SECONDS, wait_until
from tests.unit.actors.enriching import ports_of
from tradewind.contracts.envelope import AnyEvent, parse_event
from tradewind.contracts.inputs import references_of
from tradewind.contracts.market.keys import book_key
from tradewind.contracts.roles import ENRICHER_WORKERS, Role, partitions_needed
from tradewind.contracts.streams import EVENTS_STREAM, PERP_SNAPSHOTS_BUCKET
from tradewind.failpoints import VARIABLE as FAILPOINTS_VARIABLE
from tradewind.ledger.decided import opened_journal
from tradewind.runtime import NatsConnection, Publisher, Worker, clock, declare_streams
from tradewind.runtime.execution import DECISION_KEPT, DECISION_PUBLISHED

PORTS = ports_of()
MOVED = {
    "a limit": ports_of(signal_max_age_seconds=5),
    "the book": ports_of({book_key(COIN): book(mid=Decimal(2_100))}),
    "the clock": replace(PORTS, now=lambda: NOW + timedelta(days=1)),
}
EVENT = signal_received()
SIGNALS = 5
DRILLS = (f"{DECISION_KEPT}=kill:2", f"{DECISION_PUBLISHED}=kill:2", "")
"""Each process dies at its second decision, the last one does not."""


@asynccontextmanager
async def enricher(
    connection: NatsConnection, settings: Settings, ports: EnricherPorts
) -> AsyncIterator[None]:
    """Run the enricher's own actor on this market, with these limits and this clock."""
    dsn = settings.postgres_dsn.get_secret_value()
    journal_of_role = opened_journal(dsn, "tradewind_enricher")
    async with journal_of_role as journal, keeping(connection) as keep:
        given = {ENRICHER_WORKERS.name: replace(ports, keep=keep)}
        worker = Worker(broker, connection, queues=list(given), ports=given, journal=journal)
        await worker.start()
        try:
            yield
        finally:
            await worker.stop()


async def submit(connection: NatsConnection, event: AnyEvent = EVENT) -> None:
    """Publish the signal without an id, so that the broker takes it for a new message."""
    await connection.jetstream.publish(event.subject, event.to_bytes(), timeout=PATIENCE_SECONDS)


async def bodies(connection: NatsConnection) -> list[bytes]:
    """Return everything in the stream, in order."""
    jetstream = connection.jetstream
    last = (await jetstream.stream_info(EVENTS_STREAM)).state.last_seq
    return [(await jetstream.get_msg(EVENTS_STREAM, one)).data or b"" for one in range(1, last + 1)]


async def decided(connection: NatsConnection) -> list[bytes]:
    """Return what the enricher published about signals, in order."""
    return [one for one in await bodies(connection) if parse_event(one).producer == Role.ENRICHER]


async def acknowledged(connection: NatsConnection, messages: int) -> None:
    """Wait until the enricher has dealt with so many deliveries, and has none left."""

    async def is_done() -> bool:
        try:
            info = await connection.jetstream.consumer_info(EVENTS_STREAM, ENRICHER_WORKERS.durable)
        except NotFoundError:
            return False
        floor = info.ack_floor.consumer_seq if info.ack_floor else 0
        return bool(floor >= messages and not info.num_pending and not info.num_ack_pending)

    await wait_until(is_done, "the enricher has decided")


async def anew(ports: EnricherPorts) -> list[bytes]:
    """Return what the enricher would decide now."""
    return [event.to_bytes() for event in await enrich_signal(EVENT, ports)]


@pytest.mark.parametrize("moved", MOVED)
async def test_a_redelivery_publishes_the_same_bytes(
    settings: Settings, connection: NatsConnection, moved: str
) -> None:
    """Given a decision that is gone with the broker's store, then nobody decides anew."""
    async with enricher(connection, settings, PORTS):
        await submit(connection)
        await acknowledged(connection, 1)
    first = await decided(connection)
    assert [parse_event(one).topic for one in first] == ["signal.enriched"]
    assert await anew(MOVED[moved]) != first, "nothing has moved"

    await connection.jetstream.delete_stream(EVENTS_STREAM)
    await declare_streams(connection, partitions=partitions_needed())
    async with enricher(connection, settings, MOVED[moved]):
        await submit(connection)
        await acknowledged(connection, 1)
    assert await decided(connection) == first


async def test_two_workers_at_once_lead_to_one_decision(
    settings: Settings, connection: NatsConnection
) -> None:
    """Given two processes that disagree and copies for each, then the bus hears one of them."""
    other = MOVED["a limit"]
    async with enricher(connection, settings, PORTS), enricher(connection, settings, other):
        await asyncio.gather(*(submit(connection) for _ in range(8)))
        await acknowledged(connection, 8)
    assert await decided(connection) in [await anew(PORTS), await anew(other)]


@asynccontextmanager
async def process(settings: Settings, failpoints: str) -> AsyncIterator[Process]:
    """Run the role in a process of its own, which is killed in the end."""
    environment = os.environ | {
        "TRADEWIND_NATS_URL": settings.nats_url,
        "TRADEWIND_POSTGRES_DSN": settings.postgres_dsn.get_secret_value(),
        "TRADEWIND_LOG_LEVEL": "ERROR",
        FAILPOINTS_VARIABLE: failpoints,
    }
    started = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "actors", Role.ENRICHER.value), env=environment
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.kill()
        await started.wait()


async def feed(connection: NatsConnection, at: datetime) -> None:
    """Put into the bucket what a feed would."""
    bucket = await connection.jetstream.key_value(PERP_SNAPSHOTS_BUCKET)
    for key, value in snapshots(at).items():
        await bucket.put(key, value)


async def test_killed_anywhere_it_decides_once_and_again_alike(
    settings: Settings, connection: NatsConnection
) -> None:
    """Given processes that die after keeping and after publishing, then no signal has two ends."""
    at = clock.now()
    signals = [signal_received(number, at) for number in range(1, SIGNALS + 1)]
    publisher = Publisher(connection)
    await publisher.publish_all(signals)
    await publisher.close()
    for failpoints in DRILLS:
        await feed(connection, clock.now())
        async with process(settings, failpoints) as running:
            if failpoints:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    assert await running.wait() == -9
            else:
                await acknowledged(connection, SIGNALS)
    events = [parse_event(one) for one in await bodies(connection)]
    by_id: dict[str, set[bytes]] = {}
    known = set[str]()
    for event in events:
        by_id.setdefault(event.event_id, set()).add(event.to_bytes())
        assert known.issuperset(references_of(event.payload)), "told before it was kept"
        known.add(event.correlation_id)
    assert {len(copies) for copies in by_id.values()} == {1}
    ends = [event for event in events if event.producer == Role.ENRICHER]
    assert {event.causation_id for event in ends} == {one.event_id for one in signals}
    assert len({event.event_id for event in ends}) == SIGNALS
    assert {event.topic for event in ends} == {"signal.enriched"}
    once = {event.event_id: event for event in events}
    findings = await run_again(MemorySource(list(once.values())))
    assert (findings.differences, findings.counts.same) == ([], SIGNALS)
