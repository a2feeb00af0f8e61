-- CREATE EXTENSION without the preloaded library is FATAL and drops the connection: ask first.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN
        IF NOT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb')
            OR current_setting('shared_preload_libraries') NOT LIKE '%timescaledb%' THEN
            RETURN;
        END IF;
        CREATE EXTENSION timescaledb;
    END IF;
    PERFORM create_hypertable('events', 'recorded_at'::name, create_default_indexes => false);
END
$$;
