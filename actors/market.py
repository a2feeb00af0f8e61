"""Market: publishes the simulated pools' state to the snapshot bucket, block by block."""

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import UTC, datetime

import structlog
from nats.errors import Error as NatsError
from nats.js.errors import NotFoundError

from tradewind.contracts.market import PoolSnapshot
from tradewind.contracts.names import POOL_SNAPSHOTS_BUCKET
from tradewind.errors import ConfigurationError
from tradewind.pricing.simulated_market import SimulatedMarket
from tradewind.pricing.snapshot_keys import snapshot_key
from tradewind.runtime import NatsConnection, declare_streams
from tradewind.settings import Settings
from tradewind.tokens import load_tokens

logger = structlog.get_logger(__name__)


async def run(settings: Settings, connection: NatsConnection, stopped: asyncio.Event) -> None:
    """Publish every pool once per block until `stopped`; a broker that is away is waited for."""
    if not settings.mock_chain:
        raise ConfigurationError("PLATFORM_MOCK_CHAIN must be true: there is no chain feed yet")
    market = SimulatedMarket(
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


async def publish(connection: NatsConnection, snapshots: Sequence[PoolSnapshot]) -> None:
    """Put the snapshots into their bucket, making it again when the broker forgot it."""
    try:
        bucket = await connection.jetstream.key_value(POOL_SNAPSHOTS_BUCKET)
    except NotFoundError:
        await declare_streams(connection)
        bucket = await connection.jetstream.key_value(POOL_SNAPSHOTS_BUCKET)
    await asyncio.gather(
        *(
            bucket.put(snapshot_key(snapshot), snapshot.model_dump_json().encode())
            for snapshot in snapshots
        )
    )
