-- Intents that waited or wait until a person approves them: one row for each, made in the transaction that claims. An answer
-- is written with its event in the ingress journal, by one statement; what the portfolio stage then decides is written once,
-- under the lock of the portfolio, and published until the ledger has it.
CREATE TABLE approvals (
    intent_id text COLLATE "C" PRIMARY KEY REFERENCES allocations,
    portfolio_id text COLLATE "C" NOT NULL,
    strategy_id text COLLATE "C" NOT NULL,
    -- the bytes of risk.approval_required
    required bytea NOT NULL,
    required_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    -- what a person said; null until one has
    approval_id text COLLATE "C",
    verdict text COLLATE "C" CHECK (verdict IN ('approved', 'denied')),
    answered_by text,
    note text,
    answered_at timestamptz,
    -- the bytes of the events that ended the wait, one a line; null while it lasts, or where they were found in the ledger
    decision bytea,
    -- what ended the wait is published at this time unless the ledger has it by then
    publish_at timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    -- the ledger has what ended the wait
    recorded_at timestamptz,
    CHECK ((verdict IS NULL) = (approval_id IS NULL) AND (verdict IS NULL) = (answered_by IS NULL)
        AND (verdict IS NULL) = (answered_at IS NULL))
);
CREATE INDEX approvals_open ON approvals (required_at, intent_id) WHERE recorded_at IS NULL;

GRANT SELECT, INSERT ON approvals TO tradewind_portfolio;
GRANT UPDATE (approval_id, verdict, answered_by, note, answered_at, decision, publish_at, attempts, recorded_at)
    ON approvals TO tradewind_portfolio;
-- Whoever answers can say nothing else.
GRANT SELECT ON approvals TO tradewind_gateway, tradewind_operator;
GRANT UPDATE (approval_id, verdict, answered_by, note, answered_at) ON approvals TO tradewind_gateway, tradewind_operator;
