-- Requests to cancel intents, each kept in one statement with its event in the ingress journal. Whoever decides about an
-- intent looks here first, and signing looks in the transaction that signs, so that from the answer to the request on
-- nothing is accepted, planned or signed any more.
CREATE TABLE cancellations (
    correlation_id text COLLATE "C" PRIMARY KEY,
    cancellation_id text COLLATE "C" NOT NULL,
    requested_by text NOT NULL,
    requested_at timestamptz NOT NULL
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON cancellations
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Roles belong to the whole server, so another database may be creating this one at this moment.
DO $$
BEGIN
    BEGIN
        CREATE ROLE tradewind_planner NOLOGIN;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END;
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO tradewind_planner', current_database());
END
$$;
GRANT USAGE ON SCHEMA public TO tradewind_planner;
GRANT SELECT, INSERT ON cancellations TO tradewind_gateway, tradewind_orchestrator;
GRANT SELECT ON cancellations TO tradewind_risk, tradewind_planner;

-- A step whose intent was cancelled is never signed; one that is signed is cancelled at its nonce, and its slot says for
-- which request.
ALTER TABLE steps DROP CONSTRAINT steps_outcome_check;
ALTER TABLE steps ADD CONSTRAINT steps_outcome_check CHECK (outcome IN ('signed', 'refused', 'expired', 'cancelled'));
ALTER TABLE slots ADD COLUMN cancellation_id text COLLATE "C";
GRANT UPDATE (cancellation_id) ON slots TO tradewind_orchestrator;
