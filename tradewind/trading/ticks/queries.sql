-- Every statement of this room under its name: `-- name: what it is for`, then the statement.

-- take_turn: Record from now on, where nobody else does; no row where somebody does.
UPDATE market.recorder SET holder = $1, held_until = clock_timestamp() + $2::interval
WHERE id = 1 AND (holder = $1 OR held_until < clock_timestamp())
RETURNING holder

-- keep_turn: Go on recording, and lock out others until the transaction ends; no row where somebody else took over.
UPDATE market.recorder SET held_until = clock_timestamp() + $2::interval WHERE id = 1 AND holder = $1 RETURNING holder

-- end_turn: Let another one record at once.
UPDATE market.recorder SET held_until = '-infinity' WHERE id = 1 AND holder = $1

-- prepare: Make the partitions of the days to come; return how many were made.
SELECT market.prepare()

-- forget_ticks: Drop what is older; return how many days that was.
SELECT market.forget_ticks($1::interval)

-- record_ticks: Keep ticks, each once however often it comes; return how many are new.
WITH kept AS (
    INSERT INTO market.ticks (instrument, time, sequence, price, source, block_number, volume)
    SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::bigint[], $4::numeric[], $5::text[], $6::bigint[], $7::numeric[])
    ON CONFLICT DO NOTHING
    RETURNING 1
)
SELECT count(*) FROM kept

-- record_latest: Note the newest tick of every instrument and source.
INSERT INTO market.latest_ticks AS l (instrument, source, symbol, base, quote, first_time, time, sequence, price, block_number)
SELECT instrument, source, symbol, base, quote, time, time, sequence, price, block_number
FROM unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::bigint[], $8::numeric[], $9::bigint[]
) AS given (instrument, source, symbol, base, quote, time, sequence, price, block_number)
ON CONFLICT (instrument, source) DO UPDATE SET
    symbol = excluded.symbol, base = excluded.base, quote = excluded.quote, time = excluded.time,
    sequence = excluded.sequence, price = excluded.price, block_number = excluded.block_number
WHERE excluded.time >= l.time

-- make_minutes: Make the candles of minutes from all of their ticks.
INSERT INTO market.candles AS c (interval_seconds, instrument, time, open, high, low, close, volume, ticks)
SELECT 60, m.instrument, m.minute, f.open, f.high, f.low, f.close, f.volume, f.ticks
FROM unnest($1::text[], $2::timestamptz[]) AS m (instrument, minute)
CROSS JOIN LATERAL (
    SELECT (array_agg(price ORDER BY time, sequence))[1] AS open,
        max(price) AS high,
        min(price) AS low,
        (array_agg(price ORDER BY time DESC, sequence DESC))[1] AS close,
        sum(volume) AS volume,
        count(*) AS ticks
    FROM market.ticks AS t
    WHERE t.instrument = m.instrument AND t.time >= m.minute AND t.time < m.minute + interval '1 minute'
) AS f
WHERE f.ticks > 0
ON CONFLICT (interval_seconds, instrument, time) DO UPDATE SET
    open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close,
    volume = excluded.volume, ticks = excluded.ticks
WHERE (c.open, c.high, c.low, c.close, c.volume, c.ticks)
    IS DISTINCT FROM (excluded.open, excluded.high, excluded.low, excluded.close, excluded.volume, excluded.ticks)

-- make_longer: Make candles of a length from those of the next shorter one.
INSERT INTO market.candles AS c (interval_seconds, instrument, time, open, high, low, close, volume, ticks)
SELECT $3::integer, m.instrument, m.begins, f.open, f.high, f.low, f.close, f.volume, f.ticks
FROM unnest($1::text[], $2::timestamptz[]) AS m (instrument, begins)
CROSS JOIN LATERAL (
    SELECT (array_agg(open ORDER BY time))[1] AS open,
        max(high) AS high,
        min(low) AS low,
        (array_agg(close ORDER BY time DESC))[1] AS close,
        sum(volume) AS volume,
        sum(ticks)::bigint AS ticks
    FROM market.candles AS s
    WHERE s.interval_seconds = $4::integer AND s.instrument = m.instrument
        AND s.time >= m.begins AND s.time < m.begins + make_interval(secs => $3::integer)
) AS f
WHERE f.ticks > 0
ON CONFLICT (interval_seconds, instrument, time) DO UPDATE SET
    open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close,
    volume = excluded.volume, ticks = excluded.ticks
WHERE (c.open, c.high, c.low, c.close, c.volume, c.ticks)
    IS DISTINCT FROM (excluded.open, excluded.high, excluded.low, excluded.close, excluded.volume, excluded.ticks)

-- select_open_minutes: Return minutes with ticks that are later than their instrument's newest candle.
SELECT l.instrument, m.minute
FROM (SELECT DISTINCT instrument FROM market.latest_ticks) AS l
CROSS JOIN LATERAL (
    SELECT max(time) AS newest FROM market.candles WHERE interval_seconds = 60 AND instrument = l.instrument
) AS c
CROSS JOIN LATERAL (
    SELECT DISTINCT date_bin('1 minute', t.time, '2000-01-01Z') AS minute
    FROM market.ticks AS t
    WHERE t.instrument = l.instrument AND t.time >= coalesce(c.newest + interval '1 minute', '-infinity')
) AS m
ORDER BY l.instrument, m.minute

-- select_ticks: Return a page of an instrument's ticks, newest first, before a place.
SELECT time, sequence, price, source, block_number, volume
FROM market.ticks
WHERE instrument = $1 AND time >= $2 AND time < $3 AND time <= $4 AND (time, sequence) < ($4, $5)
ORDER BY time DESC, sequence DESC
LIMIT $6

-- select_candles: Return an instrument's candles that begin within a time, oldest first.
SELECT time, open, high, low, close, volume, ticks
FROM market.candles
WHERE interval_seconds = $1 AND instrument = $2 AND time >= $3 AND time < $4
ORDER BY time
LIMIT $5

-- select_open_candle: Return what ticks of minutes without a candle say, in candles of a length, oldest first.
SELECT date_bin(make_interval(secs => $3::integer), t.time, '2000-01-01Z') AS begins,
    (array_agg(price ORDER BY t.time, sequence))[1] AS open,
    max(price) AS high,
    min(price) AS low,
    (array_agg(price ORDER BY t.time DESC, sequence DESC))[1] AS close,
    sum(volume) AS volume,
    count(*) AS ticks
FROM market.ticks AS t
WHERE t.instrument = $1
    AND t.time >= greatest($2, coalesce((
        SELECT max(time) + interval '1 minute' FROM market.candles WHERE interval_seconds = 60 AND instrument = $1
    ), '-infinity'))
    AND t.time < $4
GROUP BY 1
ORDER BY 1

-- select_first_candle: Return where an instrument's oldest candle of a length begins.
SELECT min(time) FROM market.candles WHERE interval_seconds = $1 AND instrument = $2

-- select_symbol: Return the instrument of a key or a symbol, the one seen last where several have it.
SELECT instrument, symbol FROM market.latest_ticks WHERE instrument = $1 OR symbol = $1
ORDER BY instrument = $1 DESC, time DESC LIMIT 1

-- select_symbols: Return instruments after a key with their newest tick and where they begin.
SELECT instrument, symbol, base, quote, sources, first_time, time, price
FROM (
    SELECT DISTINCT ON (instrument) instrument, symbol, base, quote, time, price,
        array_agg(source) OVER whole AS sources, min(first_time) OVER whole AS first_time
    FROM market.latest_ticks
    WHERE instrument > $1
    WINDOW whole AS (PARTITION BY instrument)
    ORDER BY instrument, time DESC
) AS newest
ORDER BY instrument
LIMIT $2

-- select_day: Return an instrument's minutes of a day, oldest first.
SELECT time, open, high, low, close, coalesce(volume, 0) AS volume
FROM market.candles
WHERE interval_seconds = 60 AND instrument = $1 AND time >= $2 AND time < $2 + interval '1 day'
ORDER BY time

-- select_instruments: Return every instrument there is.
SELECT DISTINCT instrument FROM market.latest_ticks ORDER BY instrument
