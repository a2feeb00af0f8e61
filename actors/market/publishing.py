"""Puts pool states, and the block they belong to, into their bucket."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from nats.js.errors import NoKeysError, NoStreamResponseError, NotFoundError
from nats.js.kv import KeyValue

from tradewind.contracts.instruments.pools import ChainHead, PoolSnapshot
from tradewind.contracts.streams import POOL_SNAPSHOTS_BUCKET
from tradewind.errors import TransientError
from tradewind.runtime import NatsConnection, declare_streams
from tradewind.runtime.kept_value import bucket_to_write
from tradewind.trading.pricing.pools.snapshot_keys import head_key, snapshot_key


async def publish(
    connection: NatsConnection, snapshots: Sequence[PoolSnapshot], head: ChainHead | None = None
) -> None:
    """Put the snapshots into the bucket, which is made again when the broker lost it.

    The head is put last, so that a reader who has it has all pools of its block.
    """
    try:
        await _put(bucket_to_write(connection.jetstream, POOL_SNAPSHOTS_BUCKET), snapshots, head)
    except NoStreamResponseError:
        await _put(await _bucket(connection), snapshots, head)


async def _put(bucket: KeyValue, snapshots: Sequence[PoolSnapshot], head: ChainHead | None) -> None:
    await asyncio.gather(
        *(
            bucket.put(snapshot_key(snapshot), snapshot.model_dump_json().encode())
            for snapshot in snapshots
        )
    )
    if head is not None:
        await bucket.put(head_key(head.chain), head.model_dump_json().encode())


async def remove_others(connection: NatsConnection, snapshots: Sequence[PoolSnapshot]) -> None:
    """Remove the snapshots of pools that another feed published."""
    bucket = await _bucket(connection)
    try:
        keys = set(await bucket.keys())
    except NoKeysError:
        return
    for key in keys - {snapshot_key(snapshot) for snapshot in snapshots}:
        await bucket.purge(key)


async def _bucket(connection: NatsConnection) -> KeyValue:
    try:
        return await connection.jetstream.key_value(POOL_SNAPSHOTS_BUCKET)
    except NotFoundError:
        # Where only an administrator may make the bucket, a later attempt may find it.
        with suppress(TransientError):
            await declare_streams(connection)
        return await connection.jetstream.key_value(POOL_SNAPSHOTS_BUCKET)
