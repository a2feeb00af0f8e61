"""The feeds role against the simulated exchange, through the real broker."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from nats.js.errors import NoKeysError
from structlog.testing import capture_logs

from actors.__main__ import serve
from actors.feeds import lease
from actors.feeds.kept_weight import KeptWeight
from actors.feeds.snapshot_writer import SnapshotWriter
from simulators.hyperliquid.faults import Fault, Switched
from tests.facts import hyperliquid as facts
from tests.integration.marketdata.conftest import Served
from tests.settings import Settings
from tests.support.waiting import wait_until
from tradewind.contracts.market.keys import interest_key
from tradewind.contracts.market.model import ObservedContext, PerpContext
from tradewind.contracts.market.payloads import PastInterest
from tradewind.contracts.roles import Role
from tradewind.contracts.streams import PERP_SNAPSHOTS_BUCKET
from tradewind.runtime import NatsConnection
from tradewind.runtime.kept_value import KeptValue
from tradewind.trading.marketdata.answers import read_context
from tradewind.trading.marketdata.errors import WeightSpent
from tradewind.trading.marketdata.perp_snapshots import PerpView, watched_perps
from tradewind.trading.marketdata.snapshot_keys import LEASE_KEY
from tradewind.trading.marketdata.weight import WeightBudget

PERPETUALS = """
intervals: [15m, 4h]
perpetuals:
  - {symbol: ETH, coin: ETH, instrument: ethereum-WETH-USDC}
  - {symbol: LINK, coin: LINK, instrument: ethereum-LINK-USDC}
  - {symbol: TYPO, coin: Eth, instrument: ethereum-WBTC-USDC}
  - {symbol: OLD, coin: OLDCOIN, instrument: ethereum-OLD-USDC}
"""
COINS = ("ETH", "LINK")
KEYS = {f"{kind}.{coin}" for kind in ("ctx", "book") for coin in COINS} | {
    f"candles.{coin}.{interval}" for coin in COINS for interval in ("15m", "4h")
}


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a second feed take over soon, and write often."""
    monkeypatch.setattr(lease, "LEASE_SECONDS", 1.5)
    monkeypatch.setattr("actors.feeds.loop.KEEP_SECONDS", 0.2)
    monkeypatch.setattr("actors.feeds.loop.FLUSH_SECONDS", 0.2)


@pytest.fixture
def perpetuals_file(tmp_path: Path) -> Path:
    path = tmp_path / "perpetuals.yaml"
    path.write_text(PERPETUALS)
    return path


def settings_of(settings: Settings, exchange: Served, perpetuals_file: Path) -> Settings:
    return settings.model_copy(
        update={
            "hyperliquid_url": exchange.url,
            "market_data_provider": "simulated",
            "perpetuals_file": perpetuals_file,
        }
    )


@asynccontextmanager
async def feed(settings: Settings) -> AsyncIterator[asyncio.Task[None]]:
    stopped = asyncio.Event()
    running = asyncio.create_task(serve((Role.FEEDS,), settings, stopped))
    try:
        yield running
    finally:
        stopped.set()
        await asyncio.gather(running, return_exceptions=True)


async def keys(connection: NatsConnection) -> set[str]:
    try:
        bucket = await connection.jetstream.key_value(PERP_SNAPSHOTS_BUCKET)
        return {key for key in await bucket.keys() if not key.startswith("feed.")}
    except NoKeysError:
        return set()


def is_complete(view: PerpView) -> bool:
    series = [view.snapshots.candles(coin, frame) for coin in COINS for frame in ("15m", "4h")]
    books = [view.snapshots.book(coin) for coin in COINS]
    return (
        all(one is not None and len(one.candles.close) == 250 for one in series)
        and all(one is not None and one.book.best_bid is not None for one in books)
        and all(view.snapshots.context(coin) is not None for coin in COINS)
    )


async def test_everything_of_the_file_arrives_and_nothing_else_is_asked_for(
    settings: Settings, connection: NatsConnection, exchange: Served, perpetuals_file: Path
) -> None:
    async with (
        watched_perps(connection) as view,
        feed(settings_of(settings, exchange, perpetuals_file)),
    ):
        await wait_until(lambda: is_complete(view))
        context, book = view.snapshots.context("ETH"), view.snapshots.book("ETH")
        candles = view.snapshots.candles("ETH", "15m")
        assert context is not None
        assert book is not None
        assert candles is not None
        assert {one.provider for one in (context, book, candles)} == {"simulated"}
        assert abs(view.source_age(book).total_seconds()) < 60
        assert candles.candles.gaps == 0
        ticker, rate = await view.get_ticker("ETH"), await view.get_funding_rate("ETH")
        assert ticker is not None
        assert rate is not None
        assert ticker.bid < ticker.mid < ticker.ask
        fewer = await view.get_ohlcv("ETH", "15m", 10)
        assert fewer is not None
        assert fewer.candles.close == candles.candles.close[-10:]
        moved = context.observed_at
        await wait_until(
            lambda: (now := view.snapshots.context("ETH")) is not None and now.observed_at > moved
        )
        interests = view.snapshots.interests()
        assert {key.split(".")[1] for key in interests} == set(COINS)
        assert interests[interest_key("ETH", moved)].open_interest > 0
        assert await keys(connection) == KEYS | set(interests)
    assert exchange.exchange.subscriptions == {
        f"{channel} {coin}": 1 for channel in ("activeAssetCtx", "l2Book", "bbo") for coin in COINS
    }
    assert exchange.exchange.requests == {"metaAndAssetCtxs": 1, "candleSnapshot": 4}


async def test_a_provider_that_was_away_is_followed_again_and_said_once(
    settings: Settings,
    connection: NatsConnection,
    exchange: Served,
    perpetuals_file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("actors.feeds.stream_feed.MAX_BACKOFF_SECONDS", 1.0)
    monkeypatch.setattr("actors.feeds.stream_feed.SETTLED_SECONDS", 1.5)
    exchange.exchange.faults.switch_on(Switched(Fault.AWAY))
    with capture_logs() as logs:

        def said(event: str, what: str = "provider stream") -> int:
            return [(one["event"], one.get("dependency")) for one in logs].count((event, what))

        async with (
            watched_perps(connection) as view,
            feed(settings_of(settings, exchange, perpetuals_file)) as running,
        ):
            await _lose_and_find(exchange, view, lambda: said("back"))
            assert not running.done()
    assert said("lost") == said("back") == 2
    assert said("lost", "provider candles") == 1


async def _lose_and_find(exchange: Served, view: PerpView, times_back: Callable[[], int]) -> None:
    """Have the provider away, back, cutting sockets, and back."""
    await wait_until(lambda: exchange.exchange.requests["exchangeStatus"] > 3)
    assert view.snapshots.is_empty
    exchange.exchange.faults.clear()
    await wait_until(lambda: is_complete(view) and times_back() == 1)
    exchange.exchange.faults.switch_on(Switched(Fault.CUT_SOCKETS))
    sockets = exchange.exchange.sockets
    await wait_until(lambda: exchange.exchange.sockets > sockets + 2)
    exchange.exchange.faults.clear()
    since = view.snapshots.context("LINK")
    assert since is not None
    await wait_until(
        lambda: (
            (now := view.snapshots.context("LINK")) is not None
            and now.observed_at > since.observed_at
            and times_back() == 2
        )
    )


async def test_one_feed_works_and_another_takes_over(
    settings: Settings, connection: NatsConnection, exchange: Served, perpetuals_file: Path
) -> None:
    chosen = settings_of(settings, exchange, perpetuals_file)
    async with watched_perps(connection) as view, feed(chosen) as first:
        await wait_until(lambda: is_complete(view))
        async with feed(chosen):
            await asyncio.sleep(2.0)
            assert exchange.exchange.subscriptions["bbo ETH"] == 1
            first.cancel()
            await wait_until(lambda: exchange.exchange.subscriptions["bbo ETH"] == 2)
            since = view.snapshots.context("ETH")
            assert since is not None
            await wait_until(
                lambda: (
                    (now := view.snapshots.context("ETH")) is not None
                    and now.observed_at > since.observed_at
                )
            )
    # What the bucket had of the first feed was not asked for again.
    assert exchange.exchange.requests["candleSnapshot"] == 4


async def test_open_interest_is_kept_by_the_hour_and_for_a_day(
    connection: NatsConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime(2026, 9, 24, 12, 30, tzinfo=UTC)
    monkeypatch.setattr("tradewind.runtime.clock.now", lambda: now)
    writer = SnapshotWriter(connection)
    old = PastInterest(open_interest=Decimal(1), observed_at=now - timedelta(hours=28))
    bucket = await connection.jetstream.key_value(PERP_SNAPSHOTS_BUCKET)
    old_key = interest_key("ETH", old.observed_at)
    await bucket.put(old_key, old.model_dump_json().encode())
    writer.begin({old_key: old})
    context = sensible_context("ETH")
    for minutes, interest in ((0, 5), (20, 6), (40, 7)):
        moved = context.model_copy(update={"open_interest": Decimal(interest)})
        at = now + timedelta(minutes=minutes)
        writer.take(ObservedContext(context=moved, observed_at=at, provider="simulated"))
    await writer.flush()
    async with watched_perps(connection) as view:
        kept = {key: one.open_interest for key, one in view.snapshots.interests().items()}
    later = now + timedelta(hours=1)
    assert kept == {interest_key("ETH", now): 5, interest_key("ETH", later): 7}


def sensible_context(coin: str) -> PerpContext:
    return read_context(facts.FRAMES["activeAssetCtx"] | {"coin": coin})


async def test_a_killed_holder_of_the_lease_is_replaced(connection: NatsConnection) -> None:
    killed, waiting = (lease.FeedLease(connection.jetstream) for _ in range(2))
    await killed.keep()
    await waiting.keep()
    assert killed.is_held
    assert not waiting.is_held

    async def takes_over() -> bool:
        await waiting.keep()
        return waiting.is_held

    await wait_until(takes_over)
    assert not killed.is_held
    await killed.keep()
    assert not killed.is_held
    await waiting.release()
    kept = await KeptValue(connection.jetstream, PERP_SNAPSHOTS_BUCKET, LEASE_KEY).read()
    assert kept.value == lease.RELEASED


async def test_a_killed_feed_remembers_its_weight(connection: NatsConnection) -> None:
    jetstream, moment = connection.jetstream, time.time()

    def budget() -> WeightBudget:
        """A process of its own: it knows what the bucket has, and nothing else."""
        return WeightBudget(KeptWeight(jetstream), 300, lambda: moment)

    await budget().spend(200)
    await asyncio.gather(*(budget().spend(20) for _ in range(5)))
    with pytest.raises(WeightSpent):
        await budget().spend(2)
    survivor = budget()
    with pytest.raises(WeightSpent):
        await survivor.spend(2)
    moment += 61
    # Many at once in one process, which a burst of questions is.
    await asyncio.gather(*(survivor.spend(2) for _ in range(150)))
    # A broker that lost its memory is told again.
    await jetstream.delete_stream(f"KV_{PERP_SNAPSHOTS_BUCKET}")
    await jetstream.create_key_value(bucket=PERP_SNAPSHOTS_BUCKET)
    with pytest.raises(WeightSpent):
        await survivor.spend(2)
