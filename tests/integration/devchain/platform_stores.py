"""The broker and the ledger beside a chain, for tests that run a coordinator and the treasury."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from tests.integration.book.harness import history_of, screened_now
from tests.integration.devchain.treasury_desk import Desk
from tests.integration.ledger.harness import LedgerHarness, wait_despite_outages
from tests.settings import Settings
from tradewind.contracts.ordering import PARTITIONS
from tradewind.contracts.streams import EVENTS_STREAM
from tradewind.contracts.wallets.report import ReconciliationReport
from tradewind.operations.embedded.devchain.dev_chain import DevChain
from tradewind.postgres import open_pool
from tradewind.redis import open_redis
from tradewind.runtime import connect, declare_streams
from tradewind.trading.treasury.reports import Reports


class Stores:
    """The stores of a platform, and how the broker's is lost."""

    def __init__(self, settings: Settings, ledger: LedgerHarness) -> None:
        self.settings = settings
        self.ledger = ledger

    async def record_something(self) -> None:
        """Have the ledger written from the stream there is."""
        await self.ledger.publish(*history_of(screened_now(1)))
        await self.ledger.drained()

    async def lose_stream(self) -> None:
        """Lose the broker's store."""
        await self.ledger.connection.jetstream.delete_stream(EVENTS_STREAM)

    async def begin_stream(self) -> None:
        """Declare the streams, as `tradewind provision` does."""
        await declare_streams(self.ledger.connection, partitions=PARTITIONS)

    async def history(self) -> str | None:
        """Return the trading state of the lost history."""
        query = "SELECT state FROM trading_states WHERE kind = 'history'"
        state: str | None = await self.ledger.pool.fetchval(query)
        return state


@pytest.fixture
async def stores(
    settings: Settings, dev_chain: DevChain, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Stores]:
    """Yield them, empty, and have processes and commands find them and the chain."""
    dsn, redis_url = settings.postgres_dsn.get_secret_value(), settings.redis_url.get_secret_value()
    environment = {
        "ETH_RPC_URL": dev_chain.rpc_url,
        "CHAIN_ID": str(dev_chain.deployment.chain_id),
        "PLATFORM_MOCK_CHAIN": "false",
        "TRADEWIND_NATS_URL": settings.nats_url,
        "TRADEWIND_POSTGRES_DSN": dsn,
        "TRADEWIND_REDIS_URL": redis_url,
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    async with AsyncExitStack() as stack:
        pool = await open_pool(dsn, max_size=3)
        stack.callback(pool.terminate)
        redis = await stack.enter_async_context(open_redis(redis_url))
        connection = await stack.enter_async_context(await connect(settings.nats_url, name="tests"))
        opened = Stores(settings, LedgerHarness(settings, connection, pool, redis))
        await opened.begin_stream()
        yield opened


async def next_report(desk: Desk) -> ReconciliationReport:
    """Ask the role for a report, which compares a later block than the one before."""
    await desk.node.mine(2)
    report_id = await desk.ask()
    await wait_despite_outages(lambda: Reports(desk.gateway).find(report_id))
    return await desk.found(report_id)
