"""Keeps a cache equal to the POOL_SNAPSHOTS bucket, across restarts of the broker."""

from contextlib import AbstractAsyncContextManager

from nats.js import JetStreamContext

from tradewind.contracts.streams import POOL_SNAPSHOTS_BUCKET
from tradewind.runtime.bucket_watch import BucketCopy, BucketWatch, ReconnectHook, watched_bucket


def watched(
    jetstream: JetStreamContext, cache: BucketCopy, reconnect_hooks: list[ReconnectHook]
) -> AbstractAsyncContextManager[BucketWatch]:
    """Watch the bucket into `cache` inside the `async with`, anew after every reconnect."""
    return watched_bucket(
        jetstream, POOL_SNAPSHOTS_BUCKET, cache, "pool snapshots", reconnect_hooks
    )
