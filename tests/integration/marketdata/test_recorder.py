"""Ticks and candles on a real PostgreSQL: each once, whatever comes twice, late or after a kill."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import batched
from pathlib import Path

import asyncpg
import pytest

from actors import recorder
from actors.recorder.days import DayDatasets
from actors.recorder.settings import RecorderSettings
from tests.settings import Settings
from tests.support.ticks import INSTRUMENTS, Bar, make_tick, naive_candles, random_ticks
from tests.support.waiting import wait_until
from tradewind.contracts.market.ticks import TICK_INTERVALS_SECONDS
from tradewind.datasets.load import load_candles
from tradewind.datasets.store import DatasetStore
from tradewind.postgres import Pool, open_pool
from tradewind.runtime import NatsConnection
from tradewind.trading.ticks.candles import Candle, begin_of
from tradewind.trading.ticks.publisher import TickPublisher
from tradewind.trading.ticks.reader import AFTER_ALL_TICKS, RecordedMarket, Stretch
from tradewind.trading.ticks.store import ReceivedTick, TickStore, TurnLost

KEPT = timedelta(days=7)
HOUR = timedelta(hours=1)
COLUMNS = "instrument, time, open, high, low, close, volume, ticks"


@pytest.fixture
async def pool(database_dsn: str) -> AsyncIterator[Pool]:
    """Return what the recorder's login may do."""
    pool = await open_pool(database_dsn, max_size=2, role="tradewind_recorder", writes=True)
    yield pool
    pool.terminate()


@pytest.fixture
async def market(database_dsn: str) -> AsyncIterator[RecordedMarket]:
    """Return what the gateway's login may read."""
    pool = await open_pool(database_dsn, max_size=2, role="tradewind_gateway")
    yield RecordedMarket(pool)
    pool.terminate()


@pytest.fixture
async def store(pool: Pool) -> TickStore:
    store = TickStore(pool, "first")
    assert await store.take_turn()
    await store.prepare(KEPT)
    return store


async def kept(pool: Pool, seconds: int) -> dict[tuple[str, datetime], Bar]:
    query = f"SELECT {COLUMNS} FROM market.candles WHERE interval_seconds = $1"
    return {(row[0], row[1]): tuple(row)[2:] for row in await pool.fetch(query, seconds)}


def this_hour() -> datetime:
    return begin_of(datetime.now(UTC), 3_600)


async def test_candles_are_those_of_the_ticks_in_whatever_order_they_come(
    store: TickStore, pool: Pool
) -> None:
    """Given batches with copies, some lost after they were kept, then every candle is right."""
    now, chance = this_hour(), random.Random(5)
    ticks = random_ticks(now - 3 * HOUR, 3 * 3_600, 400, seed=5)
    minutes: set[Candle] = set()
    for batch in batched(ticks, 40):
        copies = chance.sample(ticks[: ticks.index(batch[-1]) + 1], 5)
        # A process that dies after the transaction gets the same messages again.
        assert await store.record(batch, minutes, now) == len(batch)
        assert await store.record([*batch, *copies], minutes, now) == 0
        minutes = {one.minute for one in batch}
    for seconds in TICK_INTERVALS_SECONDS.values():
        assert await kept(pool, seconds) == naive_candles(ticks, seconds)
    assert await store.open_minutes() == set()


async def test_a_minute_waits_for_its_end_and_is_found_after_a_kill(
    store: TickStore, pool: Pool
) -> None:
    now = this_hour()
    ticks = [ReceivedTick(make_tick(now + timedelta(seconds=s)), s + 1) for s in (1, 30, 59, 61)]
    await store.record(ticks, (), now + timedelta(seconds=61))
    assert await kept(pool, 60) == {}
    open_minutes = await TickStore(pool, "successor").open_minutes()
    assert open_minutes == {one.minute for one in ticks}
    first = min(open_minutes)
    await store.record((), [first], now + timedelta(seconds=62))
    assert {begin for _, begin in await kept(pool, 60)} == {now}
    assert await store.open_minutes() == open_minutes - {first}


async def test_one_records_and_a_replaced_one_writes_nothing(store: TickStore, pool: Pool) -> None:
    other = TickStore(pool, "second")
    assert not await other.take_turn()
    await store.end_turn()
    assert await other.take_turn()
    tick = ReceivedTick(make_tick(this_hour()), 1)
    with pytest.raises(TurnLost):
        await store.record([tick], (), this_hour())
    assert await pool.fetchval("SELECT count(*) FROM market.ticks") == 0


async def test_old_days_go_and_candles_stay(
    store: TickStore, pool: Pool, database_dsn: str
) -> None:
    now = this_hour()
    old = now - timedelta(days=9)
    administrator = await asyncpg.connect(database_dsn)
    await administrator.execute("SELECT market.make_partitions($1, $1)", old)
    await administrator.close()
    ticks = [ReceivedTick(make_tick(at), 1) for at in (old, now)]
    await store.record(ticks, (), now + HOUR)
    assert await store.prepare(KEPT) == (0, 1)
    left = await pool.fetch("SELECT time FROM market.ticks")
    assert [row["time"] for row in left] == [now]
    assert {begin for _, begin in await kept(pool, 60)} == {old, now}
    with pytest.raises(asyncpg.InvalidParameterValueError):
        await pool.execute("SELECT market.forget_ticks('1 day')")


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM market.ticks",
        "UPDATE market.ticks SET price = 1",
        "DELETE FROM market.candles",
        "SELECT market.make_partitions(now(), now())",
        "SELECT * FROM public.events",
    ],
)
async def test_its_login_can_do_nothing_else(pool: Pool, statement: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute(statement)


async def test_readers_see_pages_gaps_and_the_candle_that_goes_on(
    store: TickStore, market: RecordedMarket
) -> None:
    begin = this_hour()
    now = begin + timedelta(seconds=200)
    seconds = (0, 10, 125, 190, 195)
    prices = ("10", "11", "12", "9", "13")
    ticks = [
        ReceivedTick(make_tick(begin + timedelta(seconds=at), price), number)
        for number, (at, price) in enumerate(zip(seconds, prices, strict=True), 1)
    ]
    await store.record(ticks, (), now)
    named = await market.named("WETH/USDC")
    assert named is not None
    assert named.instrument == INSTRUMENTS[0]
    assert await market.named("NOBODY") is None
    first = await market.ticks(named.instrument, begin, now, AFTER_ALL_TICKS, 3)
    rest = await market.ticks(named.instrument, begin, now, first[-1].place, 3)
    assert [one.sequence for one in (*first, *rest)] == [5, 4, 3, 2, 1]
    wanted = Stretch(60, begin, begin + timedelta(minutes=4))
    minutes = await market.candles(named.instrument, wanted, now)
    assert [(one.time - begin, one.close, one.is_closed) for one in minutes] == [
        (timedelta(0), Decimal(11), True),
        (timedelta(minutes=2), Decimal(12), True),
        (timedelta(minutes=3), Decimal(13), False),
    ]
    (hour,) = await market.candles(named.instrument, Stretch(3_600, begin, begin + HOUR), now)
    assert [int(price) for price in hour[1:5]] == [10, 13, 9, 13]
    assert (hour.volume, hour.ticks, hour.is_closed) == (None, 5, False)
    (symbol,) = await market.symbols("", 10)
    assert (symbol.last_price, symbol.last_time) == (Decimal(13), ticks[-1].tick.time)


async def test_a_day_that_is_over_is_a_dataset_once(
    store: TickStore, pool: Pool, tmp_path: Path
) -> None:
    today = begin_of(datetime.now(UTC), 86_400)
    now = today + timedelta(minutes=11)
    ticks = random_ticks(today - timedelta(days=1), 2 * 86_400, 200, seed=9)
    await store.record(ticks, {one.minute for one in ticks}, today + timedelta(days=2))
    for new in (2, 0):
        assert await DayDatasets(pool, tmp_path, lambda: now).make() == new
    assert await DayDatasets(pool, tmp_path, lambda: now + timedelta(hours=1)).make() == 0
    kept_datasets = await DatasetStore(pool).page()
    assert {one.instrument for one in kept_datasets} == set(INSTRUMENTS)
    for dataset in kept_datasets:
        loaded = load_candles(tmp_path, dataset.dataset_id)
        wanted = {
            int(begin.timestamp()) * 1_000
            for (name, begin) in naive_candles(ticks, 60)
            if name == dataset.instrument and begin < today
        }
        assert set(loaded.open_times_ms.tolist()) == wanted
        assert dataset.provenance.source == "recorder"


@asynccontextmanager
async def recording(settings: Settings, connection: NatsConnection) -> AsyncIterator[None]:
    stopped = asyncio.Event()
    own = RecorderSettings(postgres_dsn=settings.postgres_dsn)
    role = asyncio.create_task(recorder.run(own, connection, stopped))
    try:
        yield
    finally:
        stopped.set()
        await role


async def test_published_ticks_are_recorded_once_by_one_recorder_after_another(
    settings: Settings, connection: NatsConnection, pool: Pool
) -> None:
    publisher = TickPublisher(connection)
    now = datetime.now(UTC).replace(microsecond=0)
    # Older than a tick may be, and no tick at all: neither is kept, and neither stops the others.
    publisher.take(make_tick(now - timedelta(hours=25), instrument=INSTRUMENTS[1]))
    await connection.jetstream.publish(f"market.tick.{INSTRUMENTS[0]}", b"{}")
    async with recording(settings, connection):
        publisher.take(make_tick(now))
        await publisher.flush()
        await publisher.flush()
        await wait_until(lambda: _count(pool, 1))
    publisher.take(make_tick(now + timedelta(seconds=1), "3001"))
    await publisher.flush()
    async with recording(settings, connection):
        await wait_until(lambda: _count(pool, 2))


async def _count(pool: Pool, ticks: int) -> bool:
    return bool(await pool.fetchval("SELECT count(*) FROM market.ticks") == ticks)
