"""Market: keeps the snapshot bucket equal to the pools, simulated or on a chain."""

import asyncio

from actors.market import simulated_feed
from actors.market.settings import MarketRoleSettings
from tradewind.runtime import NatsConnection


async def run(
    settings: MarketRoleSettings, connection: NatsConnection, stopped: asyncio.Event
) -> None:
    """Publish the state of pools until `stopped`; what is away is waited for."""
    if settings.mock_chain:
        await simulated_feed.run(settings, connection, stopped)
        return
    # Only here: a platform without a chain does without these libraries.
    from actors.market import chain_feed

    await chain_feed.run(settings, connection, stopped)
