"""Runs the feeds role: one process at a time follows the provider, whatever others ask of it."""

import asyncio
from contextlib import AsyncExitStack
from typing import Final

from actors.feeds.candle_feed import STEP_SECONDS, CandleFeed
from actors.feeds.coins import FollowedCoins
from actors.feeds.kept_weight import KeptWeight
from actors.feeds.lease import KEEP_SECONDS, FeedLease
from actors.feeds.settings import FeedsSettings
from actors.feeds.snapshot_writer import FLUSH_SECONDS, SnapshotWriter
from actors.feeds.stream_feed import StreamFeed
from tradewind.runtime import NatsConnection
from tradewind.runtime.outage import Outage
from tradewind.runtime.periodic import repeated
from tradewind.trading.marketdata.hyperliquid import opened_client
from tradewind.trading.marketdata.perp_snapshots import watched_perps
from tradewind.trading.marketdata.perpetuals import load_perpetuals
from tradewind.trading.marketdata.weight import WeightBudget
from tradewind.trading.ticks.publisher import FLUSH_SECONDS as TICK_SECONDS
from tradewind.trading.ticks.publisher import TickPublisher

MAX_CANDLE_BACKOFF_SECONDS: Final = 15.0
"""While the provider refuses, each attempt spends weight all the same."""


async def run(settings: FeedsSettings, connection: NatsConnection, stopped: asyncio.Event) -> None:
    """Follow the provider until `stopped`, and wait while it, the broker or the lease is away."""
    perpetuals = load_perpetuals(settings.perpetuals_file)
    budget = WeightBudget(KeptWeight(connection.jetstream), settings.hyperliquid_weight_limit)
    ticks = TickPublisher(connection)
    lease, writer = FeedLease(connection.jetstream), SnapshotWriter(connection, ticks)
    connection.reconnect_hooks.append(writer.write_again)
    async with AsyncExitStack() as stack:
        kept = await stack.enter_async_context(watched_perps(connection))
        client = await stack.enter_async_context(opened_client(settings, budget))
        coins = FollowedCoins(perpetuals, client)
        stream = StreamFeed(settings, coins, lease, writer, kept.snapshots)
        candles = CandleFeed(
            perpetuals.intervals, client, coins, lease, writer, kept.snapshots.candles
        )
        stack.push_async_callback(lease.release)
        outage = Outage("provider candles", max_seconds=MAX_CANDLE_BACKOFF_SECONDS)
        for loop in (
            repeated(KEEP_SECONDS, lease.keep, Outage("feed lease")),
            repeated(0.0, stream.follow, stream.outage),
            repeated(STEP_SECONDS, candles.step, outage),
            repeated(FLUSH_SECONDS, writer.flush, Outage("perp snapshots written")),
            repeated(TICK_SECONDS, ticks.flush, Outage("ticks")),
        ):
            await stack.enter_async_context(loop)
        await stopped.wait()
    connection.reconnect_hooks.remove(writer.write_again)
