-- Group roles: a login becomes one by being granted it. Roles belong to the whole server, so another database may
-- be creating them at this moment. A migration that adds a table says here who writes it; who reads it follows
-- from the default privileges at the end.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY[
        'tradewind_coordinator', 'tradewind_orchestrator', 'tradewind_gateway', 'tradewind_sweeper',
        'tradewind_operator', 'tradewind_reader'
    ] LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN', name);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END;
    END LOOP;
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format(
        'GRANT CONNECT ON DATABASE %I TO tradewind_coordinator, tradewind_orchestrator, tradewind_gateway, '
        'tradewind_sweeper, tradewind_operator, tradewind_reader', current_database()
    );
END
$$;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO tradewind_coordinator, tradewind_orchestrator, tradewind_gateway, tradewind_sweeper,
    tradewind_operator, tradewind_reader;

-- The ledger: one role appends, nobody changes what is recorded.
GRANT SELECT ON writer, event_index, events, correlation_head, parked, quarantine, dead_letters, imports
    TO tradewind_coordinator, tradewind_gateway, tradewind_sweeper;
GRANT INSERT ON event_index, events, correlation_head, parked, quarantine, dead_letters, imports
    TO tradewind_coordinator;
GRANT UPDATE ON writer, correlation_head, dead_letters TO tradewind_coordinator;
GRANT DELETE ON parked TO tradewind_coordinator;

-- The ingress journal: the gateway keeps and takes back, the sweeper counts and settles.
GRANT SELECT, INSERT ON ingress TO tradewind_gateway;
GRANT UPDATE (withdrawn_at, idempotency_key) ON ingress TO tradewind_gateway;
GRANT SELECT ON ingress, sweeps, sweeper TO tradewind_sweeper;
GRANT UPDATE (relayed, recorded_at) ON ingress TO tradewind_sweeper;
GRANT INSERT, UPDATE ON sweeps TO tradewind_sweeper;
GRANT UPDATE (swept_at) ON sweeper TO tradewind_sweeper;

-- An operator reads everything, and asks the orchestrator for what only a person may decide.
GRANT UPDATE (next_nonce, halted_reason, halted_at) ON wallets TO tradewind_operator;
GRANT UPDATE (cancel_requested_at, cancel_requested_by, foreign_acknowledged_at) ON slots TO tradewind_operator;

GRANT SELECT ON ALL TABLES IN SCHEMA public TO tradewind_operator, tradewind_reader;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO tradewind_operator, tradewind_reader;
