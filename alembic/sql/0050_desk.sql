-- The desk concludes from what models said of a signal, and keeps its decisions as risk does. A signal that has to be approved
-- is a row: what the person is shown, until when it can be answered, and the first answer. That its time was over is an
-- answer, too, so that nobody can give another one while the desk concludes from it.
CREATE TABLE signal_approvals (
    signal_id text COLLATE "C" PRIMARY KEY,
    portfolio_id text COLLATE "C" NOT NULL,
    strategy_id text COLLATE "C" NOT NULL,
    -- the bytes of signal.evaluated, and what the policy made of it
    evaluated bytea NOT NULL,
    arithmetic bytea NOT NULL,
    required_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    approval_id text COLLATE "C",
    verdict text COLLATE "C" CHECK (verdict IN ('approved', 'denied', 'expired')),
    answered_by text,
    note text,
    answered_at timestamptz,
    CHECK ((verdict IS NULL) = (answered_at IS NULL)),
    CHECK (coalesce(verdict IN ('approved', 'denied'), false) = (approval_id IS NOT NULL AND answered_by IS NOT NULL))
);
CREATE INDEX signal_approvals_open ON signal_approvals (expires_at) WHERE verdict IS NULL;

-- Roles belong to the whole server, so another database may be creating this one at this moment.
DO $$
BEGIN
    BEGIN
        CREATE ROLE tradewind_desk NOLOGIN;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END;
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO tradewind_desk', current_database());
END
$$;
GRANT USAGE ON SCHEMA public TO tradewind_desk;
GRANT SELECT, INSERT ON decided TO tradewind_desk;
GRANT SELECT, INSERT ON signal_approvals TO tradewind_desk;
GRANT UPDATE (verdict, answered_at) ON signal_approvals TO tradewind_desk;
-- Whoever answers can say nothing else. A history that waits for a person is not stalled.
GRANT SELECT ON signal_approvals TO tradewind_gateway, tradewind_operator, tradewind_sweeper;
GRANT UPDATE (approval_id, verdict, answered_by, note, answered_at) ON signal_approvals TO tradewind_gateway, tradewind_operator;
