"""When candles are asked for, how many, and what becomes of gaps; the clock stands in the test."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from prometheus_client import REGISTRY

from actors.feeds.candle_feed import CandleFeed
from tradewind.contracts.market.model import CandleSeries, ObservedCandles
from tradewind.trading.marketdata.errors import WeightSpent
from tradewind.trading.marketdata.intervals import from_milliseconds, open_of, to_milliseconds

START = datetime(2026, 9, 24, 12, 7, tzinfo=UTC)
LENGTH = timedelta(minutes=15)


class Provider:
    """The client, the coins, the lease and the writer in one: what the feed talks to."""

    provider = "simulated"
    is_held = True

    def __init__(self) -> None:
        self.now = START
        self.asked: list[tuple[datetime, int]] = []
        self.written: list[ObservedCandles] = []
        self.hides: set[datetime] = set()
        self.spent_seconds = 0.0

    async def get(self) -> tuple[str, ...]:
        return ("ETH",)

    def take(self, snapshot: ObservedCandles) -> None:
        self.written.append(snapshot)

    async def get_ohlcv(self, coin: str, interval: str, limit: int) -> ObservedCandles:
        if self.spent_seconds:
            seconds, self.spent_seconds = self.spent_seconds, 0.0
            raise WeightSpent(25, 300, seconds)
        self.asked.append((self.now, limit))
        return observed(self.now, limit, self.hides)


def observed(now: datetime, limit: int, hides: set[datetime] | None = None) -> ObservedCandles:
    newest = open_of("15m", now) - LENGTH
    opened = [newest - number * LENGTH for number in range(limit - 1, -1, -1)]
    times = tuple(to_milliseconds(one) for one in opened if one not in (hides or set()))
    price = tuple(Decimal(time // 900_000) for time in times)
    columns: dict[str, Any] = dict.fromkeys(("open", "high", "low", "close", "volume"), price)
    series = CandleSeries(coin="ETH", interval="15m", open_times_ms=times, **columns)
    return ObservedCandles(candles=series, observed_at=now, provider="simulated")


Kept = Callable[[str, str], ObservedCandles | None]


def feed_of(provider: Provider, kept: Kept = lambda coin, interval: None) -> CandleFeed:
    parts: Any = provider
    return CandleFeed(("15m",), parts, parts, parts, parts, kept, lambda: provider.now)


async def run_until(feed: CandleFeed, provider: Provider, end: datetime) -> None:
    while provider.now < end:
        await feed.step()
        provider.now += timedelta(seconds=1)


async def test_each_close_is_read_once_some_seconds_after_it() -> None:
    provider = Provider()
    await run_until(feed_of(provider), provider, START + 4 * LENGTH)
    assert [limit for _, limit in provider.asked] == [250, 6, 6, 6, 6]
    delays = {(moment - open_of("15m", moment)).total_seconds() for moment, _ in provider.asked[1:]}
    assert all(2 <= delay <= 6 for delay in delays)
    candles = provider.written[-1].candles
    assert len(candles.close) == 250
    assert (candles.gaps, candles.last_close_ms) == (
        0,
        to_milliseconds(open_of("15m", provider.now)),
    )


async def test_a_quiet_candle_that_turns_up_late_closes_the_gap() -> None:
    provider = Provider()
    feed = feed_of(provider)
    late = open_of("15m", START + LENGTH) - LENGTH
    provider.hides = {late}
    before = REGISTRY.get_sample_value("tradewind_provider_candle_gaps_total", {"interval": "15m"})
    await run_until(feed, provider, START + LENGTH)
    # Not there in time: asked again a few times, then left until the next close.
    assert [limit for _, limit in provider.asked] == [250] + [6] * 6
    assert provider.written[-1].candles.gaps == 0
    await run_until(feed, provider, START + 2 * LENGTH)
    assert provider.written[-1].candles.gaps == 1
    provider.hides = set()
    await run_until(feed, provider, START + 3 * LENGTH)
    assert provider.written[-1].candles.gaps == 0
    assert provider.asked[-1][1] == 250
    after = REGISTRY.get_sample_value("tradewind_provider_candle_gaps_total", {"interval": "15m"})
    assert (after or 0) - (before or 0) == 1


@pytest.mark.parametrize(
    ("age", "provider_name", "asked"),
    [(0, "simulated", []), (3, "simulated", [8]), (400, "simulated", [250]), (0, "other", [250])],
)
async def test_a_feed_goes_on_from_what_another_one_kept(
    age: int, provider_name: str, asked: list[int]
) -> None:
    provider = Provider()
    known = observed(START - age * LENGTH, 250).model_copy(update={"provider": provider_name})
    feed = feed_of(provider, lambda coin, interval: known)
    await feed.step()
    assert [limit for _, limit in provider.asked] == asked
    newest = provider.written[-1].candles
    assert len(newest.close) == 250
    assert from_milliseconds(newest.last_close_ms) == open_of("15m", START)


async def test_without_weight_it_waits_as_long_as_that_takes() -> None:
    provider = Provider()
    feed = feed_of(provider)
    provider.spent_seconds = 37.0
    await run_until(feed, provider, START + timedelta(seconds=36))
    assert provider.asked == []
    await run_until(feed, provider, START + timedelta(seconds=39))
    assert [limit for _, limit in provider.asked] == [250]


async def test_a_feed_without_the_lease_asks_nothing() -> None:
    provider = Provider()
    provider.is_held = False
    await run_until(feed_of(provider), provider, START + LENGTH)
    assert provider.asked == []
