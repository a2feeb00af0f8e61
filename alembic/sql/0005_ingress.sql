-- What was accepted at the edge, with the event made of it, from before the answer until the ledger has it.
CREATE TABLE ingress (
    event_id text COLLATE "C" PRIMARY KEY,
    correlation_id text COLLATE "C" NOT NULL,
    subject text NOT NULL,
    body bytea NOT NULL,
    idempotency_key text UNIQUE,
    request_sha256 bytea NOT NULL CHECK (length(request_sha256) = 32),
    received_at timestamptz NOT NULL DEFAULT now(),
    relayed integer NOT NULL DEFAULT 0,
    recorded_at timestamptz,
    withdrawn_at timestamptz
);
CREATE INDEX ingress_pending ON ingress (received_at) WHERE recorded_at IS NULL AND withdrawn_at IS NULL;
