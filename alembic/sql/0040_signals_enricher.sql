-- The enricher keeps what it decides about a signal before it publishes that, and needs nothing else: what it knows of the
-- market is in its memory.
-- Roles belong to the whole server, so another database may be creating this one at this moment.
DO $$
BEGIN
    BEGIN
        CREATE ROLE tradewind_enricher NOLOGIN;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END;
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO tradewind_enricher', current_database());
END
$$;
GRANT USAGE ON SCHEMA public TO tradewind_enricher;
GRANT SELECT, INSERT ON decided TO tradewind_enricher;
