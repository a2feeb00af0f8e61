-- Which process watches a wallet. It is a lease by the database's clock, so that no lock is held while a node is asked. It
-- is no column of `wallets`, because signing locks that row.
CREATE TABLE wallet_watches (
    chain_id bigint NOT NULL,
    address text COLLATE "C" NOT NULL,
    watcher text NOT NULL,
    watched_until timestamptz NOT NULL,
    looked_at timestamptz NOT NULL DEFAULT '-infinity',
    PRIMARY KEY (chain_id, address)
);
GRANT SELECT, INSERT, UPDATE ON wallet_watches TO tradewind_orchestrator;

ALTER TABLE wallets ADD COLUMN fill_requested_at timestamptz, ADD COLUMN fill_requested_by text;
GRANT UPDATE (fill_requested_at, fill_requested_by) ON wallets TO tradewind_orchestrator, tradewind_operator;

-- Events whose consequence the watcher publishes, because the chain had no answer yet when they were handled. A row is
-- work to do and no record: it goes when what follows is stored, and a sweep of the event would bring it back.
CREATE TABLE followed_events (
    event_id text COLLATE "C" PRIMARY KEY,
    chain_id bigint NOT NULL,
    address text COLLATE "C" NOT NULL,
    nonce bigint NOT NULL,
    question text NOT NULL CHECK (question IN ('submission', 'outcome')),
    reorgs_known integer NOT NULL CHECK (reorgs_known >= 0),
    body bytea NOT NULL,
    followed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX followed_events_nonce ON followed_events (chain_id, address, nonce);
GRANT SELECT, INSERT, DELETE ON followed_events TO tradewind_orchestrator;

-- A filler is a transfer of nothing at a nonce that the chain waits for and that no step has.
ALTER TABLE slots DROP CONSTRAINT slots_purpose_check;
ALTER TABLE slots ADD CONSTRAINT slots_purpose_check CHECK (purpose IN ('swap', 'approval', 'filler'));

-- A nonce that nobody was given may be given out after all: a node may have counted too high at first sight.
CREATE OR REPLACE FUNCTION refuse_lower_nonce() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.next_nonce < OLD.next_nonce AND EXISTS (
        SELECT FROM slots AS s
        WHERE s.chain_id = NEW.chain_id AND s.address = NEW.address AND s.nonce >= NEW.next_nonce
    ) THEN
        RAISE EXCEPTION 'a nonce is never given out twice' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;
