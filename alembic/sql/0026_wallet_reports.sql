-- What wallets should hold, what they held when they were last looked at, and what was made of every difference. Amounts are
-- base units; a token's address is '' for the native currency.
CREATE TABLE wallet_accounts (
    chain_id bigint NOT NULL,
    address text COLLATE "C" NOT NULL,
    wallet_id text COLLATE "C" NOT NULL UNIQUE,
    name text NOT NULL,
    -- the bytes of wallet.registered: its balances are where the books begin
    opening bytea NOT NULL,
    -- of every change: whoever decided on an older one decides again
    version bigint NOT NULL DEFAULT 0,
    -- the books hold every transaction below this nonce, and were compared in this block
    checked_nonce bigint NOT NULL,
    checked_block_number bigint NOT NULL,
    checked_block_hash text NOT NULL,
    checked_at timestamptz NOT NULL,
    -- up to here nothing is left that is neither booked nor dust
    agreed_nonce bigint NOT NULL,
    agreed_block_number bigint NOT NULL,
    skipped text,
    -- the ledger has the outcome of every transaction below this nonce
    told_nonce bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (chain_id, address),
    FOREIGN KEY (chain_id, address) REFERENCES wallets
);

CREATE TABLE wallet_balances (
    chain_id bigint NOT NULL,
    address text COLLATE "C" NOT NULL,
    token text COLLATE "C" NOT NULL,
    currency text NOT NULL,
    decimals integer NOT NULL CHECK (decimals >= 0),
    ledger numeric(78, 0) NOT NULL,
    chain numeric(78, 0) NOT NULL,
    PRIMARY KEY (chain_id, address, token),
    FOREIGN KEY (chain_id, address) REFERENCES wallet_accounts
);

-- What explains a difference, for ever. A transaction explains each token once.
CREATE TABLE wallet_bookings (
    booking_id text COLLATE "C" PRIMARY KEY,
    chain_id bigint NOT NULL,
    address text COLLATE "C" NOT NULL,
    token text COLLATE "C" NOT NULL,
    amount numeric(78, 0) NOT NULL,
    cause text NOT NULL,
    tx_hash text COLLATE "C",
    evidence text NOT NULL,
    booked_by text NOT NULL,
    booked_at timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (chain_id, address) REFERENCES wallet_accounts
);
CREATE UNIQUE INDEX wallet_bookings_transaction ON wallet_bookings (chain_id, address, token, tx_hash)
    WHERE tx_hash IS NOT NULL;
CREATE INDEX wallet_bookings_age ON wallet_bookings (chain_id, address, booked_at);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON wallet_bookings
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Differences that froze a wallet and that nobody answers for yet: replaced by every reconciliation.
CREATE TABLE wallet_drifts (
    chain_id bigint NOT NULL,
    address text COLLATE "C" NOT NULL,
    drift_index integer NOT NULL,
    token text COLLATE "C" NOT NULL,
    currency text NOT NULL,
    amount numeric(78, 0) NOT NULL,
    cause text NOT NULL,
    tx_hash text COLLATE "C",
    evidence text NOT NULL,
    PRIMARY KEY (chain_id, address, drift_index),
    FOREIGN KEY (chain_id, address) REFERENCES wallet_accounts
);

-- Reconciliations that were asked for or are worth telling. `event` is what is published about one, from before it is.
CREATE TABLE wallet_reports (
    report_id text COLLATE "C" PRIMARY KEY,
    requested_by text,
    threshold numeric NOT NULL CHECK (threshold >= 0),
    request bytea,
    requested_at timestamptz NOT NULL DEFAULT now(),
    event_id text COLLATE "C",
    event bytea,
    finished_at timestamptz,
    recorded_at timestamptz,
    CHECK ((event IS NULL) = (finished_at IS NULL) AND (event IS NULL) = (event_id IS NULL))
);
CREATE INDEX wallet_reports_pending ON wallet_reports (requested_at) WHERE finished_at IS NULL;
CREATE INDEX wallet_reports_unrecorded ON wallet_reports (finished_at)
    WHERE finished_at IS NOT NULL AND recorded_at IS NULL;

-- One process at a time reconciles, by the database's clock; no lock is held while a node is asked.
CREATE TABLE wallet_turn (
    id integer PRIMARY KEY CHECK (id = 1),
    holder text NOT NULL DEFAULT '',
    held_until timestamptz NOT NULL DEFAULT '-infinity',
    passed_at timestamptz NOT NULL DEFAULT '-infinity'
);
INSERT INTO wallet_turn (id) VALUES (1);

-- Roles belong to the whole server, so another database may be creating this one at this moment.
DO $$
BEGIN
    BEGIN
        CREATE ROLE tradewind_treasury NOLOGIN;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END;
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO tradewind_treasury', current_database());
END
$$;
GRANT USAGE ON SCHEMA public TO tradewind_treasury;
-- It reads the journal and the ledger, and of a wallet it may do one thing: let it sign nothing more.
GRANT SELECT ON wallets, slots, generations, reorgs, allowances, writer, event_index, allocations
    TO tradewind_treasury;
GRANT UPDATE (halted_reason, halted_at) ON wallets TO tradewind_treasury;
GRANT SELECT, INSERT, UPDATE ON wallet_accounts, wallet_balances, wallet_reports TO tradewind_treasury;
GRANT SELECT, INSERT ON wallet_bookings TO tradewind_treasury;
GRANT SELECT, INSERT, DELETE ON wallet_drifts TO tradewind_treasury;
GRANT SELECT ON wallet_turn TO tradewind_treasury;
GRANT UPDATE (holder, held_until, passed_at) ON wallet_turn TO tradewind_treasury;

-- The gateway shows it, and keeps requests.
GRANT SELECT ON wallets, slots, generations, wallet_accounts, wallet_balances, wallet_reports TO tradewind_gateway;
GRANT INSERT ON wallet_reports TO tradewind_gateway;

-- An operator asks for a reconciliation too, and answers for what froze a wallet.
GRANT INSERT ON wallet_reports, wallet_bookings, ingress TO tradewind_operator;
GRANT UPDATE (version) ON wallet_accounts TO tradewind_operator;
GRANT UPDATE (ledger) ON wallet_balances TO tradewind_operator;
GRANT DELETE ON wallet_drifts TO tradewind_operator;
