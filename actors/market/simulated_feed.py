"""Publishes the state of simulated pools, block by block."""

import asyncio

from actors.market.publishing import publish
from actors.market.settings import MarketRoleSettings
from tradewind.runtime import NatsConnection, clock
from tradewind.runtime.outage import Outage
from tradewind.runtime.periodic import run_every
from tradewind.trading.pricing.pools.simulated_pools import SimulatedPools
from tradewind.trading.tokens import load_tokens


async def run(
    settings: MarketRoleSettings, connection: NatsConnection, stopped: asyncio.Event
) -> None:
    """Publish every pool once per block until `stopped`, and wait while the broker is away."""
    market = SimulatedPools(
        settings.simulation_seed,
        load_tokens(settings.tokens_file),
        settings.chain,
        settings.market_interval_ms,
    )
    interval_seconds = settings.market_interval_ms / 1_000

    async def publish_block() -> None:
        await publish(connection, market.snapshots(market.block_number_at(clock.now())))

    await run_every(interval_seconds, publish_block, Outage("pool snapshots"), stopped)
