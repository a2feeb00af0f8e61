"""The embedded servers: they come up, come back, keep their data and leave nothing behind."""


import asyncpg
import nats
import redis.asyncio

from tradewind.embedded.servers import Servers


async def test_every_server_answers(servers: Servers) -> None:
    connection = await asyncpg.connect(servers.postgres_dsn)
    assert await connection.fetchval("SHOW fsync") == "on"
    await connection.close()
    client = await nats.connect(servers.nats_url)
    await client.jetstream().account_info()
    await client.close()
    async with redis.asyncio.from_url(servers.redis_url) as cache:
        assert await cache.ping()
