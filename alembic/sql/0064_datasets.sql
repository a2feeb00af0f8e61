-- A dataset is a file that never changes, and this row. What lists ask for has columns of its own; the manifest says all.
CREATE SCHEMA IF NOT EXISTS backtest;

CREATE TABLE backtest.datasets (
    dataset_id text COLLATE "C" PRIMARY KEY CHECK (dataset_id ~ '^ds-[0-9a-f]{16}$'),
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('candles', 'signals', 'pool_events')),
    instrument text COLLATE "C",
    interval text COLLATE "C",
    from_time timestamptz NOT NULL,
    to_time timestamptz NOT NULL CHECK (to_time > from_time),
    rows bigint NOT NULL CHECK (rows > 0),
    sha256 text COLLATE "C" NOT NULL UNIQUE CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    bytes bigint NOT NULL,
    manifest jsonb NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX datasets_newest ON backtest.datasets (created_at DESC, dataset_id DESC);
CREATE INDEX datasets_of_instrument ON backtest.datasets (instrument, interval, created_at DESC, dataset_id DESC);

-- Roles belong to the whole server, so another database may be creating them at this moment.
DO $$
BEGIN
    BEGIN
        CREATE ROLE tradewind_backtester NOLOGIN;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END;
END
$$;
GRANT USAGE ON SCHEMA backtest TO tradewind_operator, tradewind_reader, tradewind_gateway, tradewind_backtester;
GRANT SELECT ON backtest.datasets TO tradewind_operator, tradewind_reader, tradewind_gateway, tradewind_backtester;
-- Nobody changes or removes what a result names.
GRANT INSERT ON backtest.datasets TO tradewind_operator;
