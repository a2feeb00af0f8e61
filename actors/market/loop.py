"""Runs the market role: keeps the snapshot bucket equal to the pools, simulated or on a chain."""

import asyncio

from actors.market import simulated_feed
from actors.market.settings import MarketRoleSettings
from tradewind.runtime import NatsConnection


async def run(
    settings: MarketRoleSettings, connection: NatsConnection, stopped: asyncio.Event
) -> None:
    """Publish the state of pools until `stopped`, and wait while nodes or the broker are away."""
    if settings.mock_chain:
        await simulated_feed.run(settings, connection, stopped)
        return
    # Imported here because a platform without a chain must not load the chain libraries.
    from actors.market import chain_feed

    await chain_feed.run(settings, connection, stopped)
