"""The simulated pools' state, block by block."""

import asyncio
import contextlib
from datetime import UTC, datetime

import structlog
from nats.errors import Error as NatsError

from actors.market.publishing import publish
from tradewind.runtime import NatsConnection
from tradewind.settings import Settings
from tradewind.trading.pricing.pools.simulated_pools import SimulatedPools
from tradewind.trading.tokens import load_tokens

logger = structlog.get_logger("market")


async def run(settings: Settings, connection: NatsConnection, stopped: asyncio.Event) -> None:
    """Publish every pool once per block until `stopped`; a broker that is away is waited for."""
    market = SimulatedPools(
        settings.simulation_seed,
        load_tokens(settings.tokens_file),
        settings.chain,
        settings.market_interval_ms,
    )
    failing = False
    while not stopped.is_set():
        try:
            await publish(connection, market.snapshots(market.block_number_at(datetime.now(UTC))))
            failing = False
        except (NatsError, OSError) as error:
            if not failing:
                logger.warning("pool snapshots cannot be published, retrying", error=str(error))
            failing = True
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopped.wait(), settings.market_interval_ms / 1_000)
