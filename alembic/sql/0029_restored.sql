-- What a decision of the portfolio stage carries, so that one made before a restore is not recorded after it: the newest
-- token, or a place in the stream before which any is taken.
-- A database that is restored, or promoted, has another name or another start of its server. So has one that was only started
-- again: then nothing is lost but the moment until somebody has noted the new one.
CREATE FUNCTION database_life() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT (SELECT oid FROM pg_database WHERE datname = current_database())::text
        || '@' || extract(epoch FROM pg_postmaster_start_time())::text
$$;

ALTER TABLE writer
    -- the life in which the token was made; empty until a coordinator has noted one
    ADD COLUMN life text NOT NULL DEFAULT '',
    ADD COLUMN fencing_token text NOT NULL DEFAULT '',
    ADD COLUMN fenced_created text NOT NULL DEFAULT '',
    ADD COLUMN fenced_sequence bigint NOT NULL DEFAULT 0;

-- Whoever records finds that history was lost, and halts everything in the same transaction.
GRANT SELECT, INSERT, UPDATE ON trading_states TO tradewind_coordinator;
GRANT UPDATE ON trading_gate TO tradewind_coordinator;
GRANT INSERT ON ingress TO tradewind_coordinator;

-- Books that begin after history was lost prove nothing about what was lost.
ALTER TABLE wallet_accounts ADD COLUMN opened_at timestamptz NOT NULL DEFAULT '-infinity';
ALTER TABLE wallet_accounts ALTER COLUMN opened_at SET DEFAULT clock_timestamp();

ALTER TABLE wallet_turn
    -- the version of the halt that the wallets are compared for, and the block from which on a comparison counts
    ADD COLUMN proof_version integer NOT NULL DEFAULT 0,
    ADD COLUMN proof_block bigint NOT NULL DEFAULT 0,
    -- the books have what the ledger says of bookings up to here
    ADD COLUMN followed_seq bigint NOT NULL DEFAULT 0;
GRANT UPDATE (proof_version, proof_block, followed_seq) ON wallet_turn TO tradewind_treasury;
-- The treasury lets trading go on once the wallets say that nothing is missing, and reads what it once booked.
GRANT SELECT, INSERT, UPDATE ON trading_states TO tradewind_treasury;
GRANT UPDATE ON trading_gate TO tradewind_treasury;
GRANT INSERT ON ingress TO tradewind_treasury;
GRANT SELECT ON events, book_cursor TO tradewind_treasury;

-- Who signs looks whether the ledger is complete, and the book with it.
GRANT SELECT ON writer, book_cursor TO tradewind_orchestrator;
