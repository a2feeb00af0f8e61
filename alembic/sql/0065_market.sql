-- Prices of instruments as they were seen, and candles made of them. Nothing here is truth: the ledger knows none of it, and
-- what is lost is a gap. It has a schema of its own, because ticks are dropped when they are old, and no table of `public`
-- may lose anything.
CREATE SCHEMA market;

-- Who records, by the database's clock: every transaction of the recorder begins with a row of its own here.
CREATE TABLE market.recorder (
    id integer PRIMARY KEY CHECK (id = 1),
    holder text COLLATE "C" NOT NULL DEFAULT '',
    held_until timestamptz NOT NULL DEFAULT '-infinity'
);
INSERT INTO market.recorder (id) VALUES (1);

-- The newest tick of every instrument by source: small, so that nobody looks for it among millions.
CREATE TABLE market.latest_ticks (
    instrument text COLLATE "C" NOT NULL,
    source text COLLATE "C" NOT NULL,
    symbol text COLLATE "C" NOT NULL,
    base text COLLATE "C" NOT NULL,
    quote text COLLATE "C" NOT NULL,
    first_time timestamptz NOT NULL,
    time timestamptz NOT NULL,
    sequence bigint NOT NULL,
    price numeric NOT NULL CHECK (price > 0),
    block_number bigint,
    PRIMARY KEY (instrument, source)
);
CREATE INDEX latest_ticks_symbol ON market.latest_ticks (symbol);

-- `sequence` is that of the message in its stream; a stream that is made again begins anew, at another time.
-- `interval_seconds` is 60, 300, 900, 3600, 14400 or 86400; `time` is where the candle begins, in UTC.
DO $$
DECLARE
    extension_schema text := (
        SELECT n.nspname FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace WHERE e.extname = 'timescaledb'
    );
    partitioned text := CASE WHEN extension_schema IS NULL THEN ' PARTITION BY RANGE (time)' ELSE '' END;
BEGIN
    EXECUTE 'CREATE TABLE market.ticks (
        instrument text COLLATE "C" NOT NULL,
        time timestamptz NOT NULL,
        sequence bigint NOT NULL,
        price numeric NOT NULL CHECK (price > 0),
        source text COLLATE "C" NOT NULL,
        block_number bigint,
        volume numeric CHECK (volume >= 0),
        PRIMARY KEY (instrument, time, sequence)
    )' || partitioned;
    EXECUTE 'CREATE TABLE market.candles (
        interval_seconds integer NOT NULL,
        instrument text COLLATE "C" NOT NULL,
        time timestamptz NOT NULL,
        open numeric NOT NULL,
        high numeric NOT NULL,
        low numeric NOT NULL,
        close numeric NOT NULL,
        volume numeric,
        ticks bigint NOT NULL CHECK (ticks > 0),
        PRIMARY KEY (interval_seconds, instrument, time)
    )' || partitioned;
    IF extension_schema IS NULL THEN
        RETURN;
    END IF;
    EXECUTE format(
        'SELECT %1$I.create_hypertable(''market.ticks'', ''time''::name, chunk_time_interval => interval ''1 day'', create_default_indexes => false),
            %1$I.create_hypertable(''market.candles'', ''time''::name, chunk_time_interval => interval ''30 days'', create_default_indexes => false)',
        extension_schema
    );
    -- Compression is not in builds under the Apache licence.
    IF current_setting('timescaledb.license', true) = 'timescale' THEN
        ALTER TABLE market.ticks SET (
            timescaledb.compress, timescaledb.compress_segmentby = 'instrument', timescaledb.compress_orderby = 'time DESC, sequence DESC'
        );
        ALTER TABLE market.candles SET (
            timescaledb.compress, timescaledb.compress_segmentby = 'interval_seconds, instrument', timescaledb.compress_orderby = 'time DESC'
        );
        -- Later than a late tick may come.
        EXECUTE format(
            'SELECT %1$I.add_compression_policy(''market.ticks'', interval ''2 days''), %1$I.add_compression_policy(''market.candles'', interval ''40 days'')',
            extension_schema
        );
    END IF;
END
$$;

CREATE VIEW market.candles_1m AS
SELECT instrument, time, open, high, low, close, volume, ticks FROM market.candles WHERE interval_seconds = 60;

-- Make the partitions that begin in a period, a day each of ticks and a month of candles; a hypertable makes its own chunks.
CREATE FUNCTION market.make_partitions(since timestamptz, until timestamptz) RETURNS integer LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    part record;
    made integer := 0;
BEGIN
    IF (SELECT relkind FROM pg_class WHERE oid = 'market.ticks'::regclass) <> 'p' THEN
        RETURN 0;
    END IF;
    FOR part IN
        SELECT 'ticks' AS parent, 'ticks_' || to_char(day, 'YYYYMMDD') AS name, day AS first, day + interval '1 day' AS last
        FROM generate_series(date_trunc('day', since AT TIME ZONE 'UTC'), until AT TIME ZONE 'UTC', '1 day') AS day
        UNION ALL
        SELECT 'candles', 'candles_' || to_char(month, 'YYYYMM'), month, month + interval '1 month'
        FROM generate_series(date_trunc('month', since AT TIME ZONE 'UTC'), until AT TIME ZONE 'UTC', '1 month') AS month
    LOOP
        IF to_regclass('market.' || part.name) IS NULL THEN
            EXECUTE format(
                'CREATE TABLE market.%I PARTITION OF market.%I FOR VALUES FROM (%L) TO (%L)',
                part.name, part.parent, part.first AT TIME ZONE 'UTC', part.last AT TIME ZONE 'UTC'
            );
            made := made + 1;
        END IF;
    END LOOP;
    RETURN made;
END
$$;

-- The recorder may make the partitions of these days, and no others.
CREATE FUNCTION market.prepare() RETURNS integer LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT market.make_partitions(now() - interval '2 days', now() + interval '3 days');
$$;

-- Drop the days of ticks that are older; candles stay. Return how many.
CREATE FUNCTION market.forget_ticks(kept interval) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    oldest timestamptz := now() - kept;
    part record;
    dropped integer := 0;
BEGIN
    -- A tick may be a day late, and the candles of its minute are made of all of them.
    IF kept < interval '2 days' THEN
        RAISE EXCEPTION 'ticks are kept for two days at least' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF (SELECT relkind FROM pg_class WHERE oid = 'market.ticks'::regclass) <> 'p' THEN
        EXECUTE format(
            'SELECT count(*) FROM %I.drop_chunks(''market.ticks'', older_than => %L::timestamptz)',
            (SELECT n.nspname FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace WHERE e.extname = 'timescaledb'),
            oldest
        ) INTO dropped;
        RETURN dropped;
    END IF;
    FOR part IN
        SELECT c.relname FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'market.ticks'::regclass
            AND to_date(substring(c.relname FROM 'ticks_(\d{8})$'), 'YYYYMMDD') + 1 <= (oldest AT TIME ZONE 'UTC')::date
    LOOP
        EXECUTE format('DROP TABLE market.%I', part.relname);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END
$$;
REVOKE ALL ON FUNCTION market.make_partitions(timestamptz, timestamptz), market.prepare(), market.forget_ticks(interval) FROM PUBLIC;

-- Roles belong to the whole server, so another database may be creating this one at this moment.
DO $$
BEGIN
    BEGIN
        CREATE ROLE tradewind_recorder NOLOGIN;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END;
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO tradewind_recorder', current_database());
END
$$;
GRANT USAGE ON SCHEMA market TO tradewind_recorder, tradewind_gateway, tradewind_operator, tradewind_reader;
GRANT SELECT, INSERT ON market.ticks TO tradewind_recorder;
GRANT SELECT, INSERT, UPDATE ON market.candles, market.latest_ticks TO tradewind_recorder;
GRANT SELECT ON market.recorder TO tradewind_recorder;
GRANT UPDATE (holder, held_until) ON market.recorder TO tradewind_recorder;
GRANT EXECUTE ON FUNCTION market.prepare(), market.forget_ticks(interval) TO tradewind_recorder;
GRANT SELECT ON market.ticks, market.candles, market.candles_1m, market.latest_ticks TO tradewind_gateway, tradewind_operator, tradewind_reader;
