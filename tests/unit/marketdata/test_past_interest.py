"""Given contexts over days, then open interest of each hour is kept, and found a day later."""

import asyncio
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from actors.feeds.snapshot_writer import SnapshotWriter
from tests.support.perps import COIN, NOW, context
from tradewind.trading.marketdata.perp_snapshots import PerpSnapshots
from tradewind.trading.marketdata.snapshot_keys import INTEREST_PREFIX

MINUTES_APART = 7


class Bucket:
    """Takes what is put."""

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}

    async def put(self, key: str, value: bytes) -> None:
        self.values[key] = value


def interest_at(moment: datetime) -> Decimal:
    """Return an open interest that tells its minute."""
    return Decimal(int(moment.timestamp()) // 60)


async def follow(bucket: Bucket, since: datetime, until: datetime) -> None:
    """Write what a feed would that gets a context every few minutes."""
    writer: Any = SnapshotWriter(None)  # type: ignore[arg-type]
    writer._bucket = lambda: asyncio.sleep(0, bucket)
    moment = since
    while moment <= until:
        writer.take(context(moment, open_interest=interest_at(moment)))
        await writer.flush()
        moment += timedelta(minutes=MINUTES_APART)


def known(bucket: Bucket) -> PerpSnapshots:
    """Return what an enricher has in memory."""
    snapshots = PerpSnapshots()
    for key, value in bucket.values.items():
        snapshots.apply(key, value)
    return snapshots


async def test_the_first_of_each_hour_is_kept_and_found_a_day_later() -> None:
    bucket = Bucket()
    await follow(bucket, NOW - timedelta(hours=40), NOW)
    slots = [key for key in bucket.values if key.startswith(INTEREST_PREFIX)]
    assert len(slots) == 32
    found = known(bucket).past_interest(COIN, NOW)
    assert found is not None
    hour = (NOW - timedelta(hours=24)).replace(minute=0, second=0)
    assert hour <= found.observed_at < hour + timedelta(minutes=MINUTES_APART)
    assert found.open_interest == interest_at(found.observed_at)


@pytest.mark.parametrize(("hours", "is_found"), [(20, False), (23, True), (25, True)])
async def test_a_feed_of_less_than_a_day_has_no_past(hours: int, is_found: bool) -> None:
    bucket = Bucket()
    await follow(bucket, NOW - timedelta(hours=hours), NOW)
    assert (known(bucket).past_interest(COIN, NOW) is not None) is is_found


async def test_a_slot_of_days_ago_is_not_taken_for_yesterdays() -> None:
    """Given a feed that was away since, whose slots hold what is 32 hours older."""
    bucket = Bucket()
    begun = NOW - timedelta(hours=62)
    await follow(bucket, begun, begun + timedelta(hours=12))
    assert known(bucket).past_interest(COIN, NOW) is None
