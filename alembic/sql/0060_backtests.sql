-- What back-tests leave behind, apart from the ledger: no simulated fill is ever an event of it. Rows are only added; those of a
-- run that is over are removed together by `forget`, and what was removed is remembered.
CREATE SCHEMA IF NOT EXISTS backtest;

-- A run that was taken up. Its first event says the same; later slices start from an event that does not repeat the manifest.
CREATE TABLE backtest.runs (
    run_id text COLLATE "C" PRIMARY KEY CHECK (length(run_id) = 26),
    sweep_id text COLLATE "C",
    manifest_sha256 text COLLATE "C" NOT NULL,
    -- JSON
    manifest text NOT NULL CHECK (octet_length(manifest) <= 262144),
    requested_at timestamptz NOT NULL,
    begun_at timestamptz NOT NULL DEFAULT now()
);

-- A slice that is done: its rows are in the same transaction, so a slice that is done again adds none and finds its state here.
CREATE TABLE backtest.slices (
    run_id text COLLATE "C" NOT NULL CHECK (length(run_id) = 26),
    number integer NOT NULL CHECK (number BETWEEN 1 AND 200),
    bars bigint NOT NULL CHECK (bars >= 0),
    trades integer NOT NULL CHECK (trades >= 0),
    -- canonical JSON of the state after it
    state text NOT NULL CHECK (octet_length(state) <= 262144),
    signals_sha256 text COLLATE "C" NOT NULL,
    rows_sha256 text COLLATE "C" NOT NULL,
    is_last boolean NOT NULL,
    elapsed_ms bigint NOT NULL CHECK (elapsed_ms >= 0),
    bytes bigint NOT NULL CHECK (bytes >= 0),
    done_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (run_id, number)
);

-- The curve of a slice: a JSON array of points as they are shown, and one of the rows that results are made of.
CREATE TABLE backtest.equity (
    run_id text COLLATE "C" NOT NULL,
    slice integer NOT NULL,
    points text NOT NULL,
    rows text NOT NULL,
    PRIMARY KEY (run_id, slice)
);

CREATE TABLE backtest.trades (
    run_id text COLLATE "C" NOT NULL,
    number integer NOT NULL CHECK (number BETWEEN 1 AND 1000000),
    at timestamptz NOT NULL,
    instrument text COLLATE "C" NOT NULL,
    side text COLLATE "C" NOT NULL CHECK (side IN ('acquire', 'dispose')),
    outcome text COLLATE "C" NOT NULL CHECK (outcome IN ('filled', 'reverted', 'refused')),
    -- the trade as JSON, and what else its decision read, from which its events are made on demand
    document text NOT NULL CHECK (octet_length(document) <= 8192),
    record text CHECK (octet_length(record) <= 65536),
    PRIMARY KEY (run_id, number)
);
-- A side is about every second row, which the primary key finds; these are few of many.
CREATE INDEX trades_instrument ON backtest.trades (run_id, instrument, number);
CREATE INDEX trades_outcome ON backtest.trades (run_id, outcome, number) WHERE outcome <> 'filled';

-- How a run ended. The row is written before the event, which says the same ever after.
CREATE TABLE backtest.results (
    run_id text COLLATE "C" PRIMARY KEY CHECK (length(run_id) = 26),
    outcome text COLLATE "C" NOT NULL CHECK (outcome IN ('completed', 'failed', 'cancelled')),
    sweep_id text COLLATE "C",
    manifest_sha256 text COLLATE "C" NOT NULL,
    -- of a run without a result: why, and at which bar or slice
    reason text COLLATE "C",
    detail text,
    at text,
    requested_by text,
    -- of a completed one: JSON
    results text CHECK (octet_length(results) <= 65536),
    result_sha256 text COLLATE "C",
    bars bigint,
    ended_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((outcome = 'completed') = (results IS NOT NULL AND result_sha256 IS NOT NULL AND bars IS NOT NULL)),
    CHECK ((outcome = 'failed') = (reason IS NOT NULL))
);
CREATE INDEX results_manifest ON backtest.results (manifest_sha256, ended_at DESC) WHERE outcome = 'completed';
CREATE INDEX results_sweep ON backtest.results (sweep_id, run_id) WHERE sweep_id IS NOT NULL;
CREATE INDEX results_ended ON backtest.results (ended_at);

-- Of a run or of a sweep; the first that asks is remembered.
CREATE TABLE backtest.cancel_requests (
    run_id text COLLATE "C" PRIMARY KEY CHECK (length(run_id) = 26),
    requested_by text CHECK (length(requested_by) BETWEEN 1 AND 128),
    requested_at timestamptz NOT NULL DEFAULT now()
);

-- A sweep that was taken up: its first event's payload, as JSON.
CREATE TABLE backtest.sweep_requests (
    sweep_id text COLLATE "C" PRIMARY KEY CHECK (length(sweep_id) = 26),
    request text NOT NULL CHECK (octet_length(request) <= 262144),
    begun_at timestamptz NOT NULL DEFAULT now()
);

-- The table of a sweep's trials, with what is to be thought of the best of them: JSON.
CREATE TABLE backtest.sweeps (
    sweep_id text COLLATE "C" PRIMARY KEY CHECK (length(sweep_id) = 26),
    document text NOT NULL CHECK (octet_length(document) <= 4194304),
    ended_at timestamptz NOT NULL DEFAULT now()
);

-- Runs whose rows were removed: their events stay, and whoever asks is told that the result existed.
CREATE TABLE backtest.expired (
    run_id text COLLATE "C" PRIMARY KEY,
    expired_at timestamptz NOT NULL DEFAULT now(),
    expired_by text NOT NULL DEFAULT session_user
);

-- Removes all rows of a run that is over; returns whether there was one.
CREATE FUNCTION backtest.forget(forgotten text) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = backtest, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM results WHERE run_id = forgotten) THEN
        RETURN false;
    END IF;
    INSERT INTO expired (run_id) VALUES (forgotten) ON CONFLICT DO NOTHING;
    DELETE FROM trades WHERE run_id = forgotten;
    DELETE FROM equity WHERE run_id = forgotten;
    DELETE FROM slices WHERE run_id = forgotten;
    DELETE FROM results WHERE run_id = forgotten;
    DELETE FROM cancel_requests WHERE run_id = forgotten;
    DELETE FROM runs WHERE run_id = forgotten;
    RETURN true;
END
$$;

-- Forgets the oldest runs that ended before a time, or that are more than fit, some at a time; returns how many.
CREATE FUNCTION backtest.reap(before timestamptz, most_bytes bigint, most integer) RETURNS integer LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = backtest, pg_temp AS $$
DECLARE
    reaped integer;
BEGIN
    WITH sizes AS (
        SELECT r.run_id, r.ended_at, coalesce(sum(s.bytes), 0) AS bytes
        FROM results AS r LEFT JOIN slices AS s USING (run_id)
        GROUP BY r.run_id, r.ended_at
    ), kept AS (
        SELECT run_id, ended_at, sum(bytes) OVER (ORDER BY ended_at DESC, run_id DESC) AS bytes FROM sizes
    ), old AS (
        SELECT run_id FROM kept WHERE ended_at < before OR bytes > most_bytes ORDER BY ended_at LIMIT most
    )
    SELECT count(*) FILTER (WHERE forget(run_id)) INTO reaped FROM old;
    WITH old AS (
        DELETE FROM sweeps WHERE sweep_id IN (SELECT sweep_id FROM sweeps WHERE ended_at < before LIMIT most) RETURNING sweep_id
    )
    DELETE FROM sweep_requests WHERE sweep_id IN (SELECT sweep_id FROM old);
    RETURN reaped;
END
$$;
REVOKE ALL ON FUNCTION backtest.forget(text), backtest.reap(timestamptz, bigint, integer) FROM PUBLIC;

-- The platform's own flows, what decided on them, and on which markets, for back-tests over recorded data; no other event.
CREATE VIEW backtest.recorded_events AS
    SELECT global_seq, recorded_at, time, event_id, topic, correlation_id, causation_id, payload, version, sequence,
        instrument, portfolio, producer
    FROM events
    WHERE topic IN ('intent.submitted', 'risk.screened', 'risk.rejected', 'plan.created', 'plan.rejected', 'exec.step_submitted',
        'instrument.market_observed', 'instrument.pool_observed', 'instrument.tokens_observed', 'instrument.candles_observed');

-- Roles belong to the whole server, so another database may be creating this one at this moment.
DO $$
BEGIN
    BEGIN
        CREATE ROLE tradewind_backtester NOLOGIN;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END;
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO tradewind_backtester', current_database());
END
$$;
GRANT USAGE ON SCHEMA public TO tradewind_backtester;
GRANT SELECT, INSERT ON decided TO tradewind_backtester;
GRANT USAGE ON SCHEMA backtest TO tradewind_backtester, tradewind_gateway, tradewind_operator, tradewind_reader;
GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA backtest TO tradewind_backtester;
REVOKE INSERT ON backtest.recorded_events, backtest.expired FROM tradewind_backtester;
GRANT SELECT ON ALL TABLES IN SCHEMA backtest TO tradewind_gateway, tradewind_operator, tradewind_reader;
GRANT INSERT ON backtest.cancel_requests TO tradewind_gateway, tradewind_operator;
GRANT EXECUTE ON FUNCTION backtest.reap(timestamptz, bigint, integer) TO tradewind_backtester;
GRANT EXECUTE ON FUNCTION backtest.forget(text) TO tradewind_gateway, tradewind_operator;
