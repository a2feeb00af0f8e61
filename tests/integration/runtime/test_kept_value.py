"""A value that several processes change in turn is replaced only by who knows what it is."""

from tradewind.runtime import NatsConnection
from tradewind.runtime.kept_value import NOTHING, KeptValue

BUCKET = "turns"


async def test_only_who_knows_the_newest_revision_replaces_it(connection: NatsConnection) -> None:
    """Given two that read the same, then the second one is told that another was faster."""
    await connection.jetstream.create_key_value(bucket=BUCKET)
    value = KeptValue(connection.jetstream, BUCKET, "holder")
    assert await value.read() == NOTHING
    first = await value.swap(b"first", NOTHING.revision)
    assert first is not None
    assert await value.swap(b"late", NOTHING.revision) is None
    second = await value.swap(b"second", first)
    assert second is not None
    assert await value.swap(b"late", first) is None
    assert await value.read() == (b"second", second)


async def test_what_is_purged_has_no_past(connection: NatsConnection) -> None:
    bucket = await connection.jetstream.create_key_value(bucket=BUCKET, history=5)
    for value in (b"1", b"2"):
        await bucket.put("holder", value)
    await bucket.purge("holder")
    assert (await bucket.status()).values == 1
