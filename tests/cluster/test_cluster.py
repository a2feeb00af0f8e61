"""Clients on a cluster of three brokers: what is acknowledged outlives any one of them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from tests.cluster.brokers import Brokers, address_of, brokers_in, current, running_brokers
from tests.support.directories import open_directory
from tests.support.paused import go_on, stop
from tests.support.runtime_events import make_event
from tests.support.waiting import block_until, wait_until
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.streams import DEAD_LETTERS_STREAM, EVENTS_STREAM, POOL_SNAPSHOTS_BUCKET
from tradewind.errors import TransientError, UnknownOutcome
from tradewind.operations.access.credentials import Credentials
from tradewind.operations.access.identities import Identity
from tradewind.operations.cli.provision import declare_again
from tradewind.runtime import NatsConnection, Publisher, PublishUnknown, connect, declare_streams
from tradewind.runtime.connection import START_DEADLINE_SECONDS
from tradewind.settings import StreamSettings

MANY_BYTES = 64 * 1024**2
SETTINGS = StreamSettings(stream_replicas=3, events_max_bytes=MANY_BYTES)
STREAMS = (EVENTS_STREAM, DEAD_LETTERS_STREAM, f"KV_{POOL_SNAPSHOTS_BUCKET}")
AUTHENTICATION = "authentication error"
EVENTS_BEFORE, EVENTS_AFTER = 20, 40


@pytest.fixture(scope="module")
def credentials() -> Credentials:
    return Credentials.generate()


@pytest.fixture(scope="module")
def brokers(credentials: Credentials) -> Iterator[Brokers]:
    """Run three brokers whose streams were declared while two of them were not there yet."""
    with open_directory("cluster") as directory:
        cluster = brokers_in(directory, credentials)
        with running_brokers(cluster):
            for process in cluster.values():
                process.wait_ready()
            url = address_of(cluster, Identity.ADMINISTRATOR, credentials)
            declare_again(url, SETTINGS, START_DEADLINE_SECONDS)
            yield cluster


@pytest.fixture
async def connection(brokers: Brokers, credentials: Credentials) -> AsyncIterator[NatsConnection]:
    """Connect as the administrator, to brokers that all have everything."""
    for process in brokers.values():
        if not process.is_running():
            process.start()
        await current(process)
    url = address_of(brokers, Identity.ADMINISTRATOR, credentials)
    async with await connect(url, name="test") as opened:
        yield opened


async def _leader(connection: NatsConnection) -> str:
    info = await connection.jetstream.stream_info(EVENTS_STREAM)
    return (info.cluster and info.cluster.leader) or ""


async def _keep_publishing(publisher: Publisher, event: AnyEvent) -> None:
    while True:
        try:
            await publisher.publish(event)
        except (TransientError, UnknownOutcome):
            await asyncio.sleep(0.1)
        else:
            return


async def test_every_stream_is_kept_by_every_broker(connection: NatsConnection) -> None:
    for name in STREAMS:
        info = await connection.jetstream.stream_info(name)
        assert info.config.num_replicas == 3
        assert info.cluster is not None
        assert len(info.cluster.replicas or []) == 2


async def test_a_role_that_starts_leaves_the_replicas_as_they_are(
    connection: NatsConnection, brokers: Brokers, credentials: Credentials
) -> None:
    url = address_of(brokers, Identity("risk"), credentials)
    async with await connect(url, name="risk") as role:
        await declare_streams(role)
        assert not role.refused
    info = await connection.jetstream.stream_info(EVENTS_STREAM)
    assert info.config.num_replicas == 3


async def test_replicas_are_a_setting_that_can_change(connection: NatsConnection) -> None:
    for replicas in (1, 3):
        await declare_streams(connection, replicas=replicas, events_max_bytes=MANY_BYTES)
        for name in STREAMS:
            info = await connection.jetstream.stream_info(name)
            assert info.config.num_replicas == replicas


async def test_events_are_stored_once_though_the_leader_is_killed(
    connection: NatsConnection, brokers: Brokers
) -> None:
    """Every event is published by a client that tries again until it is acknowledged."""
    events = [make_event() for _ in range(EVENTS_BEFORE + EVENTS_AFTER)]
    before = (await connection.jetstream.stream_info(EVENTS_STREAM)).state.messages
    publisher = Publisher(connection)
    await asyncio.gather(*(_keep_publishing(publisher, one) for one in events[:EVENTS_BEFORE]))
    leader = brokers[await _leader(connection)]
    rest = [asyncio.create_task(_keep_publishing(publisher, one)) for one in events[EVENTS_BEFORE:]]
    await asyncio.sleep(0)
    leader.kill()
    await asyncio.gather(*rest)
    state = (await connection.jetstream.stream_info(EVENTS_STREAM)).state
    assert state.messages - before == len(events)


async def test_a_client_that_was_told_of_one_broker_goes_on_at_another(
    brokers: Brokers, credentials: Credentials, connection: NatsConnection
) -> None:
    """It logs in there as itself; brokers that a client is told of are named without a login."""
    first = brokers["nats"]
    known = address_of({"nats": first}, Identity("risk"), credentials)
    async with await connect(known, name="risk") as client:
        refusals, back = _refusals(brokers), asyncio.Event()
        client.reconnect_hooks.append(_setting(back))
        first.kill()
        await wait_until(back.is_set, "it is connected again")
        await wait_until(
            lambda: _is_declared(client), "its streams have leaders", despite=(TransientError,)
        )
    assert _refusals(brokers) == refusals


async def test_a_role_starts_while_a_broker_is_away(
    brokers: Brokers, credentials: Credentials, connection: NatsConnection
) -> None:
    brokers["nats"].kill()
    url = address_of(brokers, Identity("coordinator"), credentials)
    async with await connect(url, name="coordinator") as role:
        await wait_until(
            lambda: _is_declared(role), "its streams have leaders", despite=(TransientError,)
        )


async def test_a_copy_of_what_is_in_process_has_an_unknown_outcome(
    connection: NatsConnection, brokers: Brokers, credentials: Credentials
) -> None:
    """Without the others the leader can store neither; it may once they are back."""
    leader = brokers[await _leader(connection)]
    others = [process for process in brokers.values() if process is not leader]
    url = address_of({"leader": leader}, Identity.ADMINISTRATOR, credentials)
    event = make_event()
    async with await connect(url, name="to the leader") as direct:
        publisher = Publisher(direct, timeout_seconds=2.0)
        for process in others:
            stop(process.pid)
        try:
            with pytest.raises(PublishUnknown, match="no acknowledgement"):
                await publisher.publish(event)
            with pytest.raises(PublishUnknown, match="in process"):
                await publisher.publish(event)
        finally:
            for process in others:
                go_on(process.pid)
        await _keep_publishing(publisher, event)
        await publisher.close()


def test_streams_are_declared_once_enough_brokers_found_each_other(
    credentials: Credentials, tmp_path: Path
) -> None:
    """Given one broker that is there, when the others come, then provisioning has waited."""
    cluster = brokers_in(tmp_path, credentials)
    first = cluster["nats"]
    url = address_of({"nats": first}, Identity.ADMINISTRATOR, credentials)
    try:
        first.start()
        block_until(lambda: first.service.ask("varz"), "the first broker answers")
        for process in (cluster["nats-2"], cluster["nats-3"]):
            process.start()
        declare_again(url, SETTINGS, START_DEADLINE_SECONDS)
    finally:
        for process in cluster.values():
            process.stop()


async def _is_declared(client: NatsConnection) -> bool:
    await declare_streams(client)
    return True


def _setting(event: asyncio.Event) -> Callable[[], Awaitable[None]]:
    async def set_it() -> None:
        event.set()

    return set_it


def _refusals(brokers: Brokers) -> int:
    return sum(one.service.log_path.read_text().count(AUTHENTICATION) for one in brokers.values())
