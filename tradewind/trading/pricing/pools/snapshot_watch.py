"""Keeps a cache equal to the POOL_SNAPSHOTS bucket, across restarts of the broker."""

from contextlib import AbstractAsyncContextManager

from tradewind.contracts.streams import POOL_SNAPSHOTS_BUCKET
from tradewind.runtime import NatsConnection
from tradewind.runtime.bucket_watch import BucketCopy, BucketWatch, watched_bucket


def watched(
    connection: NatsConnection, cache: BucketCopy
) -> AbstractAsyncContextManager[BucketWatch]:
    """Watch the bucket into `cache` inside the `async with`, anew after every reconnect."""
    return watched_bucket(connection, POOL_SNAPSHOTS_BUCKET, cache, "pool snapshots")
