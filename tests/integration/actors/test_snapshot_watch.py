"""Snapshots from the market role to a cache, through the real broker and its loss."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from actors import market
from actors.market.publishing import publish
from tests.settings import Settings
from tests.support.factories import BLOCK_NUMBER, MARKET
from tests.support.waiting import wait_until
from tradewind.contracts.streams import POOL_SNAPSHOTS_BUCKET
from tradewind.errors import ConfigurationError
from tradewind.operations.embedded.servers import Servers
from tradewind.runtime import NatsConnection, bucket_watch
from tradewind.runtime.bucket_watch import watched_bucket
from tradewind.trading.pricing.pools.snapshot_cache import SnapshotCache
from tradewind.trading.pricing.pools.snapshot_keys import snapshot_key
from tradewind.trading.pricing.pools.snapshot_watch import watched
from tradewind.trading.pricing.swap.python_router import PythonRouter

POOLS = MARKET.snapshots(BLOCK_NUMBER)
LATER = MARKET.snapshots(BLOCK_NUMBER + 60)


@pytest.fixture
def cache() -> SnapshotCache:
    return SnapshotCache(PythonRouter())


def by_key(cache: SnapshotCache) -> dict[str, int]:
    return {snapshot_key(pool): pool.block_number for pool in cache.all()}


@asynccontextmanager
async def market_role(settings: Settings, connection: NatsConnection) -> AsyncIterator[None]:
    stopped = asyncio.Event()
    role = asyncio.create_task(market.run(settings, connection, stopped))
    try:
        yield
    finally:
        stopped.set()
        await role


async def test_what_is_in_the_bucket_is_there_when_the_watch_has_started(
    connection: NatsConnection, cache: SnapshotCache
) -> None:
    await publish(connection, POOLS)
    async with watched(connection, cache):
        assert sorted(pool.pool for pool in cache.all()) == sorted(pool.pool for pool in POOLS)


async def test_updates_deletions_and_poison_arrive(
    connection: NatsConnection, cache: SnapshotCache
) -> None:
    bucket = await connection.jetstream.key_value(POOL_SNAPSHOTS_BUCKET)
    first, second = (snapshot_key(pool) for pool in POOLS[:2])
    async with watched(connection, cache):
        await publish(connection, POOLS)
        await bucket.put(first, b"poison")
        await connection.jetstream.publish(
            f"$KV.{POOL_SNAPSHOTS_BUCKET}.{first}", b"", headers={"Status": "404"}
        )
        await bucket.delete(second)
        await publish(connection, LATER[2:])
        await wait_until(lambda: set(by_key(cache).values()) == {BLOCK_NUMBER, BLOCK_NUMBER + 60})
        assert by_key(cache)[first] == BLOCK_NUMBER
        assert second not in by_key(cache)
        assert cache.skipped_total == 2


async def test_a_lost_bucket_is_made_again_and_watched_again(
    settings: Settings, connection: NatsConnection, cache: SnapshotCache
) -> None:
    fast = settings.model_copy(update={"market_interval_ms": 50})
    async with (
        market_role(fast, connection),
        watched(connection, cache) as watch,
    ):
        await wait_until(lambda: len(cache.all()) == len(POOLS))
        await connection.jetstream.delete_stream(f"KV_{POOL_SNAPSHOTS_BUCKET}")
        before = max(by_key(cache).values())
        await watch.rewatch()
        await wait_until(lambda: min(by_key(cache).values()) > before + 2)


async def test_the_market_goes_on_after_the_broker_was_killed(
    settings: Settings, connection: NatsConnection, cache: SnapshotCache, servers: Servers
) -> None:
    fast = settings.model_copy(update={"market_interval_ms": 50})
    async with (
        market_role(fast, connection),
        watched(connection, cache),
    ):
        await wait_until(lambda: len(cache.all()) == len(POOLS))
        before = max(by_key(cache).values())
        servers.processes["nats"].kill()
        servers.processes["nats"].restart()
        await wait_until(lambda: min(by_key(cache).values()) > before + 2)


async def test_a_chain_without_an_address_is_a_configuration_error(
    settings: Settings, connection: NatsConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ETH_RPC_URL", raising=False)
    chain = settings.model_copy(update={"mock_chain": False})
    with pytest.raises(ConfigurationError, match="ETH_RPC_URL"):
        await market.run(chain, connection, asyncio.Event())


async def test_a_watch_that_misses_an_update_reads_the_bucket_again(
    connection: NatsConnection, cache: SnapshotCache
) -> None:
    await publish(connection, POOLS)
    async with watched(connection, cache):
        key = snapshot_key(POOLS[0])
        cache.remove(key)
        inbox = (await watchers(connection))[0]
        await connection.client.publish(inbox, b"{}", "$JS.ACK.KV_POOL_SNAPSHOTS.x.1.90.90.1.0")
        await wait_until(lambda: key in by_key(cache))
        assert inbox not in await watchers(connection)


async def watchers(connection: NatsConnection) -> list[str]:
    """Return the inboxes of those who watch the bucket."""
    stream = f"KV_{POOL_SNAPSHOTS_BUCKET}"
    consumers = await connection.jetstream.consumers_info(stream)
    return [one.config.deliver_subject or "" for one in consumers if one.push_bound]


async def test_a_watch_whose_broker_is_silent_reads_the_bucket_again(
    connection: NatsConnection, cache: SnapshotCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a consumer that is gone and a bucket that may rest for long, then heartbeats tell."""
    monkeypatch.setattr(bucket_watch, "LOST_SECONDS", 6.0)
    await publish(connection, POOLS)
    async with watched_bucket(connection, POOL_SNAPSHOTS_BUCKET, cache, "pool snapshots", 600.0):
        stream = f"KV_{POOL_SNAPSHOTS_BUCKET}"
        (info, *_) = await connection.jetstream.consumers_info(stream)
        await connection.jetstream.delete_consumer(stream, info.name)
        await publish(connection, LATER)
        await wait_until(lambda: set(by_key(cache).values()) == {BLOCK_NUMBER + 60})
