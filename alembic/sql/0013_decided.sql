-- What a role decided about an event, from before it is published: a redelivery publishes exactly that, although prices,
-- models and clocks have moved. `events` are the bytes as published, one event a line; none when nothing follows.
-- It is never pruned, as the ledger is not: as long as an event can come again, nobody may decide about it anew.
CREATE TABLE decided (
    cause_event_id text COLLATE "C" NOT NULL,
    queue_group text COLLATE "C" NOT NULL,
    events bytea NOT NULL,
    decided_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (cause_event_id, queue_group)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON decided
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Roles belong to the whole server, so another database may be creating this one at this moment.
DO $$
BEGIN
    BEGIN
        CREATE ROLE tradewind_risk NOLOGIN;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END;
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO tradewind_risk', current_database());
END
$$;
GRANT USAGE ON SCHEMA public TO tradewind_risk;
GRANT SELECT, INSERT ON decided TO tradewind_risk;
