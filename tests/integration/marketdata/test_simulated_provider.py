"""The simulated exchange as the platform starts it: a process whose prices are those of pools."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from actors import market
from tests.settings import Settings
from tests.support.waiting import wait_until
from tradewind.operations.embedded.simulated_provider import (
    SimulatedProvider,
    choose_provider,
)
from tradewind.operations.processes.fork_client import ForkClient
from tradewind.operations.processes.ports import free_port
from tradewind.operations.processes.process import ServiceProcess
from tradewind.operations.processes.runtime_file import Addresses
from tradewind.runtime import NatsConnection
from tradewind.trading.marketdata.hyperliquid import opened_client
from tradewind.trading.marketdata.perpetuals import load_perpetuals
from tradewind.trading.marketdata.settings import ProviderSettings
from tradewind.trading.marketdata.weight import MemoryWeight, WeightBudget
from tradewind.trading.pricing.pools.open_market import open_market
from tradewind.trading.pricing.pools.price_quote import NoPrice


@asynccontextmanager
async def market_role(settings: Settings, connection: NatsConnection) -> AsyncIterator[None]:
    stopped = asyncio.Event()
    role = asyncio.create_task(market.run(settings, connection, stopped))
    try:
        yield
    finally:
        stopped.set()
        await role


@pytest.fixture
def provider(nats_url: str, tmp_path: Path) -> Iterator[ServiceProcess[SimulatedProvider]]:
    service = SimulatedProvider(
        free_port(), tmp_path / "hyperliquid.log", {"TRADEWIND_NATS_URL": nats_url}
    )
    process = ServiceProcess(service)
    yield process
    process.stop()


async def test_its_prices_are_those_of_the_pools(
    settings: Settings, connection: NatsConnection, provider: ServiceProcess[SimulatedProvider]
) -> None:
    chosen = ProviderSettings(hyperliquid_url=provider.service.url, hyperliquid_timeout_seconds=30)
    async with (
        market_role(settings, connection),
        open_market(connection, None, rust_engine_enabled=False) as pools,
        opened_client(chosen, WeightBudget(MemoryWeight())) as client,
    ):
        provider.start()
        await wait_until(provider.is_ready)
        followed = set()
        for one in load_perpetuals().perpetuals:
            candles = await client.get_ohlcv(one.coin, "1h", 250)
            assert candles is not None
            assert len(candles.candles.close) == 250
            quote = pools.price_usd_of_symbol("ethereum", one.base)
            mark = await client.get_mark_price(one.coin)
            assert mark is not None
            if isinstance(quote, NoPrice):
                continue
            followed.add(one.coin)
            # Between two looks at them pools move by a few hundredths of a percent.
            assert abs(mark / quote.price_usd - 1) < 1 / 100
            assert abs(candles.candles.close[-1] / quote.price_usd - 1) < 1 / 10
        # The simulated pools have no LINK, whose price goes its own way.
        assert followed == {"ETH", "BTC"}


def test_the_environment_may_name_another_provider(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses: Addresses = {"nats": "nats://feeds:secret@host:4222"}
    choose = partial(choose_provider, tmp_path, tmp_path, addresses, forks=ForkClient())
    simulated = choose({"TRADEWIND_TOKENS_FILE": "t"})
    assert simulated.process is not None
    url = simulated.process.service.url
    assert simulated.status == {"name": "simulated", "url": url}
    assert simulated.environment["TRADEWIND_HYPERLIQUID_URL"] == url
    assert simulated.environment["TRADEWIND_MARKET_DATA_PROVIDER"] == "simulated"
    program = simulated.process.service.program()
    assert program.environment is not None
    assert program.environment["TRADEWIND_NATS_URL"] == addresses["nats"]
    again = choose({})
    assert again.status == simulated.status
    monkeypatch.setenv("TRADEWIND_HYPERLIQUID_URL", "https://user:key@api.example/path")
    named = choose({})
    assert (named.process, named.environment) == (None, {})
    assert named.status == {"name": "hyperliquid", "url": "api.example"}
