"""Risk on real servers: whatever moved between two deliveries, the first decision is published."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from nats.js.api import ConsumerInfo

from actors.broker import broker
from actors.observation_publisher import keeping
from actors.risk.actors import assess_intent
from actors.risk.ports import RiskPorts
from tests.settings import Settings
from tests.support.factories import (
    BLOCK_NUMBER,
    MARKET,
    NOW,
    REGISTRY,
    cache_of,
    market_view,
    submitted,
)
from tests.support.limits import RISK_LIMITS
from tests.support.waiting import PATIENCE_SECONDS, wait_until
from tradewind.contracts.envelope import AnyEvent, parse_event
from tradewind.contracts.roles import RISK_WORKERS, partitions_needed
from tradewind.contracts.streams import DEAD_LETTERS_STREAM, EVENTS_STREAM
from tradewind.ledger.decided import opened_journal
from tradewind.operations.embedded.servers import Servers
from tradewind.runtime import NatsConnection, Worker, declare_streams
from tradewind.runtime.middleware.retries import MAX_RETRIES
from tradewind.trading.pricing.pools.pool_view import PoolView

EARLIER = PoolView(cache_of(MARKET.snapshots(BLOCK_NUMBER - 30)), REGISTRY)
PORTS = RiskPorts(market_view(), RISK_LIMITS, lambda: NOW)
MOVED = {
    "a limit": replace(
        PORTS, limits=RISK_LIMITS.model_copy(update={"max_notional_usd": Decimal(1)})
    ),
    "the price": replace(PORTS, market=EARLIER),
    "the clock": replace(PORTS, now=lambda: NOW + timedelta(seconds=1)),
    "the window": replace(PORTS, now=lambda: NOW + timedelta(days=1)),
}
EVENT = submitted()
ROLE = "tradewind_risk"


@asynccontextmanager
async def risk(
    connection: NatsConnection, settings: Settings, ports: RiskPorts
) -> AsyncIterator[None]:
    """Run risk's own actor with these prices, limits and this clock."""
    dsn = settings.postgres_dsn.get_secret_value()
    async with opened_journal(dsn, ROLE) as journal, keeping(connection) as keep:
        given = {RISK_WORKERS.name: replace(ports, keep=keep)}
        worker = Worker(broker, connection, queues=list(given), ports=given, journal=journal)
        await worker.start()
        try:
            yield
        finally:
            await worker.stop()


async def submit(connection: NatsConnection) -> None:
    """Publish the intent without an id, so that the broker takes it for a new message."""
    await connection.jetstream.publish(EVENT.subject, EVENT.to_bytes(), timeout=PATIENCE_SECONDS)


async def decided(connection: NatsConnection) -> list[bytes]:
    """Return what risk published about the intent, in order."""
    jetstream = connection.jetstream
    last = (await jetstream.stream_info(EVENTS_STREAM)).state.last_seq
    bodies = [
        (await jetstream.get_msg(EVENTS_STREAM, one)).data or b"" for one in range(1, last + 1)
    ]
    return [body for body in bodies if _is_decision(parse_event(body))]


def _is_decision(event: AnyEvent) -> bool:
    return event.correlation_id == EVENT.correlation_id and event.producer == "risk"


async def risks_consumer(connection: NatsConnection) -> ConsumerInfo:
    """Return what the broker knows of the partition that the intent is in."""
    jetstream = connection.jetstream
    infos: list[ConsumerInfo] = [
        await jetstream.consumer_info(EVENTS_STREAM, one.durable)
        for one in RISK_WORKERS.consumers()
    ]
    return max(infos, key=lambda info: info.delivered.consumer_seq if info.delivered else 0)


async def acknowledged(connection: NatsConnection, messages: int) -> None:
    """Wait until risk has dealt with so many messages since the stream began."""

    async def is_done() -> bool:
        info = await risks_consumer(connection)
        floor = info.ack_floor.consumer_seq if info.ack_floor else 0
        return floor >= messages and not info.num_pending and not info.num_ack_pending

    await wait_until(is_done, "risk has decided")


@pytest.mark.parametrize("moved", MOVED)
async def test_the_first_decision_is_published_again_when_the_broker_has_lost_it(
    settings: Settings, connection: NatsConnection, moved: str
) -> None:
    """Given a decision that is gone with the broker's store, then nobody decides anew."""
    async with risk(connection, settings, PORTS):
        await submit(connection)
        await acknowledged(connection, 1)
    first = await decided(connection)
    assert [parse_event(one).topic for one in first] == ["risk.screened"]
    assert await anew(MOVED[moved]) != first, "nothing has moved"

    await connection.jetstream.delete_stream(EVENTS_STREAM)
    await declare_streams(connection, partitions=partitions_needed())
    async with risk(connection, settings, MOVED[moved]):
        await submit(connection)
        await acknowledged(connection, 1)
    assert await decided(connection) == first


async def anew(ports: RiskPorts) -> list[bytes]:
    """Return what risk would decide now."""
    return [event.to_bytes() for event in await assess_intent(EVENT, ports)]


async def test_two_copies_at_once_lead_to_one_decision(
    settings: Settings, connection: NatsConnection
) -> None:
    """Given two processes that disagree and a copy for each, then the bus hears one of them."""
    async with (
        risk(connection, settings, PORTS),
        risk(connection, settings, MOVED["a limit"]),
    ):
        await asyncio.gather(*(submit(connection) for _ in range(8)))
        await acknowledged(connection, 8)
    assert await decided(connection) in [await anew(PORTS), await anew(MOVED["a limit"])]


async def test_risk_waits_while_the_database_is_away(
    settings: Settings, connection: NatsConnection, servers: Servers
) -> None:
    """Given no place to keep a decision, then none is published, and none is given up."""
    postgres = servers.processes["postgres"]
    async with risk(connection, settings, PORTS):
        postgres.kill()
        try:
            await submit(connection)

            async def is_redelivered() -> bool:
                info = await risks_consumer(connection)
                return bool(info.delivered and info.delivered.consumer_seq > MAX_RETRIES + 1)

            await wait_until(is_redelivered, "more deliveries than an actor has retries")
            assert await decided(connection) == []
        finally:
            postgres.start()
            postgres.wait_ready()
        await acknowledged(connection, 1)
    assert await decided(connection) == await anew(PORTS)
    letters = await connection.jetstream.stream_info(DEAD_LETTERS_STREAM)
    assert letters.state.messages == 0
