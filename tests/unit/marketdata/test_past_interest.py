"""Given contexts over days, then open interest of each hour is kept, and found a day later."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from decimal import Decimal
from unittest.mock import MagicMock

import pytest

from actors.feeds import snapshot_writer
from actors.feeds.snapshot_writer import KEPT_HOURS, SnapshotWriter
from tests.support.perps import COIN, NOW, context
from tradewind.contracts.market.keys import INTEREST_KIND
from tradewind.runtime import clock
from tradewind.trading.marketdata.perp_snapshots import PerpSnapshots

MINUTES_APART = 7


class Bucket:
    """Takes what is put."""

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}

    async def put(self, key: str, value: bytes) -> None:
        self.values[key] = value

    async def purge(self, key: str) -> None:
        del self.values[key]


def interest_at(moment: datetime) -> Decimal:
    """Return an open interest that tells its minute."""
    return Decimal(int(moment.timestamp()) // 60)


type Follow = Callable[[Bucket, datetime], Awaitable[None]]


@pytest.fixture
def follow(monkeypatch: pytest.MonkeyPatch) -> Follow:
    """Write what a feed would that gets a context every few minutes, until NOW."""

    async def until_now(bucket: Bucket, since: datetime) -> None:
        await _follow(bucket, since, monkeypatch)

    return until_now


async def _follow(bucket: Bucket, since: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot_writer, "bucket_to_write", lambda *_: bucket)
    writer = SnapshotWriter(MagicMock())
    moment = since
    while moment <= NOW:
        monkeypatch.setattr(clock, "now", lambda at=moment: at)
        writer.take(context(moment, open_interest=interest_at(moment)))
        await writer.flush()
        moment += timedelta(minutes=MINUTES_APART)


def known(bucket: Bucket) -> PerpSnapshots:
    """Return what an enricher has in memory."""
    snapshots = PerpSnapshots()
    for key, value in bucket.values.items():
        snapshots.apply(key, value)
    return snapshots


async def test_the_first_of_each_hour_is_kept_and_found_a_day_later(follow: Follow) -> None:
    bucket = Bucket()
    await follow(bucket, NOW - timedelta(hours=40))
    kept = [key for key in bucket.values if key.startswith(INTEREST_KIND)]
    assert len(kept) == KEPT_HOURS + 1
    found = known(bucket).past_interest(COIN, NOW)
    assert found is not None
    hour = (NOW - timedelta(hours=24)).replace(minute=0, second=0)
    assert hour <= found.observed_at < hour + timedelta(minutes=MINUTES_APART)
    assert found.open_interest == interest_at(found.observed_at)


@pytest.mark.parametrize(("hours", "is_found"), [(20, False), (23, True), (25, True)])
async def test_a_feed_of_less_than_a_day_has_no_past(
    follow: Follow, hours: int, is_found: bool
) -> None:
    bucket = Bucket()
    await follow(bucket, NOW - timedelta(hours=hours))
    assert (known(bucket).past_interest(COIN, NOW) is not None) is is_found
