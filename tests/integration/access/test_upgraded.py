"""A deployment without the dashboard is provisioned anew, and lives with old lists until then."""

import asyncio
from collections.abc import Iterator
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import pytest
from alembic.command import upgrade as upgrade_to
from alembic.config import Config

from actors.market.publishing import publish
from gateway.market import Market, watched_market
from tests.integration.access.conftest import DsnOf, PoolOf
from tests.integration.access.test_postgres import record
from tests.settings import Settings
from tests.support.factories import BLOCK_NUMBER, MARKET
from tests.support.waiting import wait_until
from tradewind import CHECKOUT
from tradewind.contracts.roles import Role
from tradewind.ledger.history.lookup import Lookup, Transaction
from tradewind.ledger.history.reader import LedgerReader
from tradewind.ledger.migrations import current_revision, head_revision
from tradewind.operations.access.identities import Identity
from tradewind.operations.access.postgres_logins import render_logins
from tradewind.operations.access.redis_users import rules_of
from tradewind.operations.cli.provision import provision_servers
from tradewind.operations.embedded.servers import Servers
from tradewind.postgres import open_pool
from tradewind.readmodels.documents.store import DocumentStore
from tradewind.readmodels.models.intent import INTENT
from tradewind.readmodels.projection.projector import Projector
from tradewind.readmodels.reader import ReadModelReader
from tradewind.redis import open_redis
from tradewind.runtime import connect
from tradewind.trading.pricing.price_settings import PriceSettings
from tradewind.trading.pricing.swap.python_router import PythonRouter
from tradewind.trading.tokens import load_tokens

BEFORE_THE_DASHBOARD = "0030"
HASH, NAME = "0x" + "ab" * 32, "intent-01KAFC0S000000000000000007"
SUBMITTED = f"""
INSERT INTO events (time, event_id, topic, correlation_id, causation_id, payload, version, sequence,
    instrument, portfolio, producer, global_seq)
VALUES (now(), 'E1', 'exec.step_submitted', '{NAME}', 'E0', '{{"txHash": "{HASH}"}}', 1, 8,
    'ethereum-WETH-USDC', 'fund', 'orchestrator', 1)
"""
POOLS = MARKET.snapshots(BLOCK_NUMBER)


async def execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute(statement)
    await connection.close()


@pytest.fixture
def old_dsn(servers: Servers) -> Iterator[str]:
    """Return the address of a database as the release before the dashboard left it."""
    name = f"old_{uuid4().hex}"
    asyncio.run(execute(servers.postgres_dsn, f"CREATE DATABASE {name}"))
    dsn = urlsplit(servers.postgres_dsn)._replace(path=f"/{name}").geturl()
    config = Config(str(CHECKOUT / "alembic.ini"), attributes={"dsn": dsn})
    upgrade_to(config, BEFORE_THE_DASHBOARD)
    asyncio.run(execute(dsn, render_logins(servers.credentials) + SUBMITTED))
    yield dsn
    asyncio.run(execute(servers.postgres_dsn, f"DROP DATABASE {name} WITH (FORCE)"))


def market() -> Market:
    return Market(
        load_tokens(),
        PriceSettings().price_limits,
        PythonRouter(),
        clock=iter(range(1_000)).__next__,
    )


async def test_provisioning_again_gives_the_gateway_what_it_needs(
    servers: Servers, streams: str, settings: Settings, old_dsn: str
) -> None:
    """Given streams and events of before, then they are kept, and the gateway's login reads."""
    async with await connect(streams, name="administrator") as connection:
        await publish(connection, POOLS)
    for _ in range(2):
        await asyncio.to_thread(
            provision_servers, old_dsn, streams, render_logins(servers.credentials), settings, None
        )
        assert await current_revision(old_dsn) == head_revision()
    path = urlsplit(old_dsn).path
    login = urlsplit(servers.url("postgres", Identity(Role.GATEWAY)))._replace(path=path).geturl()
    pool = await open_pool(login, max_size=1)
    assert await Lookup(pool).transaction(HASH) == Transaction(NAME, None)
    assert await pool.fetchval(
        "SELECT indisvalid FROM pg_index WHERE indexrelid = 'events_transaction'::regclass"
    )
    await pool.close()
    address = servers.url("nats", Identity(Role.GATEWAY))
    async with (
        await connect(address, name="gateway") as connection,
        watched_market(connection, market()) as seen,
    ):
        await wait_until(lambda: len(seen.pools()) == len(POOLS))


async def test_a_gateway_with_its_old_login_starts_and_sees_no_pools(
    servers: Servers, streams: str
) -> None:
    """The sweeper's login may read no pools, as the gateway's might not."""
    async with await connect(streams, name="administrator") as connection:
        await publish(connection, POOLS)
    address = servers.url("nats", Identity(Role.SWEEPER))
    async with (
        await connect(address, name="old") as connection,
        watched_market(connection, market()) as seen,
    ):
        assert seen.pools() == []


async def test_a_gateway_with_its_old_list_of_commands_lists_without_counting(
    servers: Servers, redis_url: str, pool_of: PoolOf, dsn_of: DsnOf
) -> None:
    await record(pool_of)
    ledger = LedgerReader(await pool_of("coordinator"))
    async with (
        open_redis(servers.url("redis", Identity(Role.COORDINATOR))) as writing,
        open_redis(redis_url) as administrator,
    ):
        await Projector(ledger, DocumentStore(writing)).catch_up()
        rules = [one for one in rules_of(Identity(Role.GATEWAY)) if one != "+zlexcount"]
        await administrator.execute_command("ACL", "SETUSER", "old", "on", ">old", *rules)  # type: ignore[no-untyped-call]
        address = servers.processes["redis"].service.address
        try:
            async with open_redis(address.replace("://", "://old:old@")) as cache:
                reader = ReadModelReader(cache, LedgerReader(await pool_of("gateway")))
                (listed,) = (await reader.page(INTENT)).items
                assert await reader.count(INTENT, [{"state": listed.state}]) is None
        finally:
            await administrator.execute_command("ACL", "DELUSER", "old")  # type: ignore[no-untyped-call]
