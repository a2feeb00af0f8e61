"""Ticks and candles on TimescaleDB: the same writer, equal to what the extension itself makes."""

from datetime import UTC, datetime, timedelta

from tests.support.ticks import naive_candles, random_ticks
from tradewind.contracts.market.ticks import TICK_INTERVALS_SECONDS
from tradewind.postgres import Pool
from tradewind.trading.ticks.candles import begin_of
from tradewind.trading.ticks.store import TickStore

AGGREGATE = """
CREATE MATERIALIZED VIEW market.candles_by_timescale WITH (timescaledb.continuous) AS
SELECT instrument, time_bucket('1 minute', time) AS begins, first(price, time) AS open,
    max(price) AS high, min(price) AS low, last(price, time) AS close, sum(volume) AS volume,
    count(*) AS ticks
FROM market.ticks GROUP BY instrument, time_bucket('1 minute', time)
WITH NO DATA
"""
REFRESH = "CALL refresh_continuous_aggregate('market.candles_by_timescale', NULL, NULL)"
THEIRS = "SELECT * FROM market.candles_by_timescale ORDER BY instrument, begins"
OURS = """
SELECT instrument, time, open, high, low, close, volume, ticks
FROM market.candles_1m ORDER BY instrument, time
"""
LONGER = """
SELECT instrument, time_bucket(make_interval(secs => $1::integer), time), first(open, time),
    max(high), min(low), last(close, time), sum(volume), sum(ticks)::bigint
FROM market.candles_1m GROUP BY 1, 2 ORDER BY 1, 2
"""
OURS_LONGER = """
SELECT instrument, time, open, high, low, close, volume, ticks
FROM market.candles WHERE interval_seconds = $1 ORDER BY instrument, time
"""
COPIES = """
INSERT INTO market.ticks
SELECT instrument, time - $1::interval, sequence, price, source FROM market.ticks
"""
COMPRESS = "SELECT compress_chunk(one) FROM show_chunks($1::regclass) AS one"


async def test_candles_are_those_of_a_continuous_aggregate(pool: Pool) -> None:
    """Given ticks of two days, late ones after compression, then all candles are equal."""
    now = begin_of(datetime.now(UTC), 86_400)
    store = TickStore(pool, "recorder")
    assert await store.take_turn()
    assert await store.prepare(timedelta(days=7)) == (0, 0)
    ticks = random_ticks(now - timedelta(hours=30), 30 * 3_600, 300, seed=3)
    # `first` and `last` do not say which of two ticks of one moment counts.
    ticks = list({(one.tick.instrument, one.tick.time): one for one in ticks}.values())
    half = len(ticks) // 2
    assert await store.record(ticks[:half], (), now) == half
    for table in ("market.ticks", "market.candles"):
        assert await pool.fetch(COMPRESS, table)
    assert await store.record(ticks, (), now) == len(ticks) - half
    await pool.execute(AGGREGATE)
    await pool.execute(REFRESH)
    ours, theirs = await pool.fetch(OURS), await pool.fetch(THEIRS)
    assert list(map(tuple, ours)) == list(map(tuple, theirs))
    for seconds in TICK_INTERVALS_SECONDS.values():
        ours, theirs = await pool.fetch(OURS_LONGER, seconds), await pool.fetch(LONGER, seconds)
        assert list(map(tuple, ours)) == list(map(tuple, theirs))
        assert {tuple(row)[:2]: tuple(row)[2:] for row in ours} == naive_candles(ticks, seconds)


async def test_old_ticks_go_and_candles_stay(pool: Pool) -> None:
    before = await pool.fetchval("SELECT count(*) FROM market.candles")
    await pool.execute(COPIES, timedelta(days=60))
    _, dropped = await TickStore(pool, "recorder").prepare(timedelta(days=7))
    assert dropped >= 1
    oldest = await pool.fetchval("SELECT min(time) FROM market.ticks")
    assert oldest > datetime.now(UTC) - timedelta(days=9)
    assert await pool.fetchval("SELECT count(*) FROM market.candles") == before
