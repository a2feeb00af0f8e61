-- What the simulated venue executed, by transaction hash: told once, and never otherwise. It outlives the broker's store,
-- as a chain would.
CREATE TABLE paper_transactions (
    tx_hash text COLLATE "C" PRIMARY KEY CHECK (tx_hash ~ '^0x[0-9a-f]{64}$'),
    record bytea NOT NULL,
    executed_at timestamptz NOT NULL DEFAULT now()
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON paper_transactions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT SELECT, INSERT ON paper_transactions TO tradewind_orchestrator;
