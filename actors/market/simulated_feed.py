"""Publishes the state of simulated pools, block by block."""

import asyncio

from actors.market.pool_ticks import PoolTicks
from actors.market.publishing import publish
from actors.market.settings import MarketRoleSettings
from tradewind.runtime import NatsConnection, clock
from tradewind.runtime.outage import Outage
from tradewind.runtime.periodic import run_every
from tradewind.trading.pricing.pools.simulated_pools import SimulatedPools
from tradewind.trading.ticks.publisher import TickPublisher
from tradewind.trading.tokens import load_tokens


async def run(
    settings: MarketRoleSettings, connection: NatsConnection, stopped: asyncio.Event
) -> None:
    """Publish every pool once per block until `stopped`, and wait while the broker is away."""
    registry = load_tokens(settings.tokens_file)
    ticks = PoolTicks(registry, TickPublisher(connection))
    market = SimulatedPools(
        settings.simulation_seed,
        registry,
        settings.chain,
        settings.market_interval_ms,
    )
    interval_seconds = settings.market_interval_ms / 1_000

    async def publish_block() -> None:
        snapshots = market.snapshots(market.block_number_at(clock.now()))
        ticks.take(snapshots)
        await publish(connection, snapshots)

    async with ticks.published():
        await run_every(interval_seconds, publish_block, Outage("pool snapshots"), stopped)
