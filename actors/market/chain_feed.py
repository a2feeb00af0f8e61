"""Publishes the state of the pools on a chain at every new block."""

import asyncio
import time
from typing import Final

import structlog
from prometheus_client import Counter, Gauge, Histogram

from actors.market.pool_ticks import PoolTicks
from actors.market.pool_tracker import PoolTracker, PoolUpdate
from actors.market.publishing import publish, remove_others
from tradewind.errors import ConfigurationError
from tradewind.runtime import NatsConnection
from tradewind.runtime.outage import Outage
from tradewind.runtime.periodic import run_every
from tradewind.settings import TokenSettings, load
from tradewind.trading.chain.rpc_client import RpcClient
from tradewind.trading.chain.settings import ChainSettings
from tradewind.trading.ticks.publisher import TickPublisher
from tradewind.trading.tokens import load_tokens

DISCOVERY_SECONDS: Final = 60.0
MAX_ERROR: Final = 300
"""Characters of an error in the log."""

HEAD: Final = Gauge("tradewind_market_head_block", "The newest block pools are known of.")
HEAD_TIME: Final = Gauge("tradewind_market_head_timestamp_seconds", "Its time, Unix seconds.")
POOLS: Final = Gauge("tradewind_market_pools", "Pools that are followed.")
LOADS: Final = Counter("tradewind_market_loads", "Times every pool was loaded from scratch.")
REORGS: Final = Counter("tradewind_market_reorgs", "Reorgs the pools were taken back over.")
UNDESCRIBED: Final = Gauge(
    "tradewind_market_pools_undescribed", "Pools that are left out because of what they answer."
)
POLL_SECONDS: Final = Histogram(
    "tradewind_market_poll_seconds",
    "Time to read a new block's logs and publish the pools.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)

logger = structlog.get_logger("market")


async def run(settings: TokenSettings, connection: NatsConnection, stopped: asyncio.Event) -> None:
    """Publish every pool once per block until `stopped`.

    It waits while nodes or the broker are away and logs the outage once; plans are refused when
    the snapshots get too old. Raises ConfigurationError when all nodes are on other chains.
    """
    chain = load(ChainSettings)
    registry = load_tokens(settings.tokens_file)
    tokens = [token.asset for token in registry.tokens]
    async with RpcClient(
        chain.rpc_urls(), timeout_seconds=chain.rpc_timeout_seconds, chain_id=chain.chain_id
    ) as client:
        ticks = PoolTicks(registry, TickPublisher(connection))
        feed = ChainFeed(PoolTracker(client, chain, tokens), connection, ticks)
        async with ticks.published():
            await _follow(feed, client, chain, stopped)


async def _follow(
    feed: "ChainFeed", client: RpcClient, chain: ChainSettings, stopped: asyncio.Event
) -> None:
    is_checked = False

    async def poll() -> None:
        nonlocal is_checked
        if not is_checked:
            await client.check_chain(chain.chain_id)
            is_checked = True
        await feed.poll()

    interval_seconds = chain.chain_poll_interval_ms / 1_000
    await run_every(interval_seconds, poll, Outage("pools"), stopped, fatal=(ConfigurationError,))


class ChainFeed:
    """Publishes the updates of a tracker, each until the broker has acknowledged it."""

    def __init__(self, tracker: PoolTracker, connection: NatsConnection, ticks: PoolTicks) -> None:
        self._ticks = ticks
        self._tracker = tracker
        self._connection = connection
        self._discovered_at = 0.0
        self._unpublished: PoolUpdate | None = None
        self._is_clean = False
        self._named: set[str] = set()

    async def poll(self) -> None:
        """Read the chain once and publish what changed; a failed update is published next time."""
        started = time.monotonic()
        if started - self._discovered_at > DISCOVERY_SECONDS:
            if await self._tracker.discover():
                self._is_clean = False
            self._discovered_at = started
        newest = await self._tracker.advance()
        if newest is None:
            self._ticks.confirm()
        else:
            self._ticks.take(newest.snapshots, newest.volumes)
        advance = newest or self._unpublished
        if advance is None:
            return
        self._unpublished = advance
        if not self._is_clean:
            await remove_others(self._connection, advance.snapshots)
            self._is_clean = True
        await publish(self._connection, advance.snapshots, advance.head)
        self._unpublished = None
        POLL_SECONDS.observe(time.monotonic() - started)
        _report(advance)
        self._name_failures(advance.failures)

    def _name_failures(self, failures: dict[str, str]) -> None:
        """Name a pool that is left out once, and again only after it was described."""
        UNDESCRIBED.set(len(failures))
        for pool in failures.keys() - self._named:
            logger.warning("a pool is left out", pool=pool, error=failures[pool][:MAX_ERROR])
        self._named = set(failures)


def _report(advance: PoolUpdate) -> None:
    HEAD.set(advance.head.block_number)
    HEAD_TIME.set(advance.head.block_time.timestamp())
    POOLS.set(len(advance.snapshots))
    if advance.loaded:
        LOADS.inc()
        logger.info("pools loaded", reason=advance.loaded, pools=len(advance.snapshots))
    if advance.reorg_depth:
        REORGS.inc()
        logger.warning("reorg", polls_undone=advance.reorg_depth)
