"""A role's login is enough for a queue group that is ordered by key, and for no other durable."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.access.client import Visitor
from tests.support.runtime_events import TOPIC, make_event
from tests.support.waiting import wait_until
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.ordering import (
    MAX_PARTITIONS,
    PARTITIONS,
    Order,
    consumers_of,
    partition_filter,
)
from tradewind.contracts.roles import Role
from tradewind.contracts.streams import EVENTS_STREAM
from tradewind.operations.access.credentials import Credentials
from tradewind.operations.access.identities import Identity
from tradewind.operations.access.nats_users import consumer_subjects, render_users
from tradewind.operations.embedded import nats_server
from tradewind.operations.embedded.servers import Servers, start_servers
from tradewind.runtime import JetStreamBroker, Publisher, Worker, connect, declare_streams

GROUP = "toy.workers"
CONSUMERS = consumers_of(GROUP, [TOPIC], Order.PORTFOLIO, MAX_PARTITIONS)


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Servers]:
    """Return a broker whose market role works on an ordered queue group as well."""

    def with_group(credentials: Credentials) -> list[dict[str, Any]]:
        users = render_users(credentials)
        (market,) = (user for user in users if user["user"] == Identity(Role.MARKET).login)
        allowed = market["permissions"]["publish"]["allow"]
        for consumer in CONSUMERS:
            allowed += consumer_subjects(EVENTS_STREAM, consumer)
        return users

    monkeypatch.setattr(nats_server, "render_users", with_group)
    with start_servers(tmp_path, names=("nats",)) as servers:
        yield servers


async def test_a_roles_own_login_runs_an_ordered_group(broker: Servers) -> None:
    async def handler(event: AnyEvent, ports: object) -> list[AnyEvent]:
        handled.append(event.event_id)
        return []

    handled: list[str] = []
    events = [make_event() for _ in range(3)]
    actors = JetStreamBroker(orders={GROUP: Order.PORTFOLIO})
    actors.actor(queue_name=GROUP, topics=[TOPIC])(handler)
    async with await connect(broker.nats_url, name="administrator") as connection:
        await declare_streams(connection, partitions=PARTITIONS)
        publisher = Publisher(connection)
        await publisher.publish_all(events)
        await publisher.close()
    url = broker.url("nats", Identity(Role.MARKET))
    async with await connect(url, name="market") as connection:
        worker = Worker(actors, connection, ports={})
        await worker.start()
        await wait_until(lambda: len(handled) == len(events))
        await worker.stop()
        assert not connection.refused
    assert handled == [event.event_id for event in events]


async def test_it_reaches_no_other_key_and_no_other_groups_partitions(broker: Servers) -> None:
    async with await connect(broker.nats_url, name="administrator") as connection:
        await declare_streams(connection, partitions=PARTITIONS)
    create = f"$JS.API.CONSUMER.CREATE.{EVENTS_STREAM}"
    own = f"{create}.toy-workers-p03.{partition_filter(TOPIC, Order.PORTFOLIO, 3)}"
    foreign = {
        f"{create}.toy-workers-p03",
        f"{create}.toy-workers-p03.{partition_filter(TOPIC, Order.PORTFOLIO, 4)}",
        f"{create}.toy-workers-p03.{partition_filter(TOPIC, Order.INSTRUMENT, 3)}",
        f"{create}.toy-workers-p03.{TOPIC}.>",
        f"{create}.toy-workers-p{MAX_PARTITIONS}.{partition_filter(TOPIC, Order.PORTFOLIO, 3)}",
        f"{create}.risk-workers-k03.{partition_filter(TOPIC, Order.PORTFOLIO, 3)}",
        f"$JS.API.CONSUMER.PAUSE.{EVENTS_STREAM}.toy-workers-p03",
        f"$JS.API.CONSUMER.DELETE.{EVENTS_STREAM}.toy-workers-p03",
        f"$JS.ACK.{EVENTS_STREAM}.risk-workers-k03.1.1.1.1.1",
    }
    visitor = await Visitor.open(
        broker.url("nats", Identity(Role.MARKET)), Identity(Role.MARKET).login
    )
    assert await visitor.refused_to_publish({own, *foreign}) == foreign
    await visitor.close()
