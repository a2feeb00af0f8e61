-- Portfolios. The row is locked by whoever decides an intent of the portfolio, and by settlement.
CREATE TABLE portfolios (
    portfolio_id text COLLATE "C" PRIMARY KEY,
    version bigint NOT NULL DEFAULT 0,
    -- the day, in UTC, whose budget is counted: it never goes back
    day date NOT NULL DEFAULT '1970-01-01',
    day_notional_usd numeric NOT NULL DEFAULT 0,
    -- its own history: the epoch and the last event in it; 0 before there is one
    epoch integer NOT NULL DEFAULT 0,
    last_sequence integer NOT NULL DEFAULT 0,
    opened_at timestamptz,
    -- the place in the ledger of what changed it last, and up to where its history tells that
    changed_seq bigint NOT NULL DEFAULT 0,
    told_seq bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 70);
CREATE INDEX portfolios_untold ON portfolios (portfolio_id) WHERE changed_seq > told_seq;

-- One row for each intent the portfolio stage has decided: what it claims, and what became of the claim. `decision` has
-- the bytes of the events as they are published; null where they were found in the ledger.
CREATE TABLE allocations (
    intent_id text COLLATE "C" PRIMARY KEY,
    portfolio_id text COLLATE "C" NOT NULL REFERENCES portfolios,
    strategy_id text COLLATE "C" NOT NULL,
    instrument text COLLATE "C" NOT NULL,
    side text COLLATE "C" NOT NULL CHECK (side IN ('acquire', 'dispose')),
    -- what an `acquire` buys and a `dispose` sells
    base_token text COLLATE "C" NOT NULL,
    amount numeric(78) NOT NULL,
    status text COLLATE "C" NOT NULL CHECK (status IN ('claimed', 'used', 'released', 'expired', 'rejected')),
    is_approval boolean NOT NULL,
    decision bytea,
    incarnation text COLLATE "C" NOT NULL,
    book_version bigint NOT NULL,
    day date NOT NULL,
    decided_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    notional_usd numeric NOT NULL,
    -- what of the day's budget it takes
    budget_usd numeric NOT NULL,
    claim_token text COLLATE "C" NOT NULL,
    -- null where nothing bounds what may be spent
    claim_amount numeric(78),
    claim_usd numeric NOT NULL,
    used_amount numeric(78) NOT NULL DEFAULT 0 CHECK (used_amount >= 0),
    received_amount numeric(78) NOT NULL DEFAULT 0 CHECK (received_amount >= 0),
    -- what the end of the claim gave back; null before
    released_amount numeric(78)
) WITH (fillfactor = 80);
CREATE INDEX allocations_claimed ON allocations (portfolio_id) WHERE status = 'claimed';
CREATE INDEX allocations_approved ON allocations (portfolio_id, decided_at DESC) WHERE is_approval;
CREATE INDEX allocations_instrument ON allocations (portfolio_id, instrument, decided_at DESC) WHERE is_approval;
-- Which strategies trade for a portfolio: a key for some of them sees it only if it is about all.
CREATE INDEX allocations_strategy ON allocations (portfolio_id, strategy_id);
CREATE INDEX allocations_day ON allocations (portfolio_id, day, decided_at);

-- How far the ledger is settled. Whoever settles holds this row.
CREATE TABLE book_cursor (
    id smallint PRIMARY KEY CHECK (id = 1),
    global_seq bigint NOT NULL DEFAULT 0,
    settled_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO book_cursor (id) VALUES (1);

-- Events of portfolios' own histories, until the ledger has them.
CREATE TABLE portfolio_outbox (
    portfolio_id text COLLATE "C" NOT NULL,
    epoch integer NOT NULL,
    sequence integer NOT NULL,
    event_id text COLLATE "C" NOT NULL UNIQUE,
    correlation_id text COLLATE "C" NOT NULL,
    subject text COLLATE "C" NOT NULL,
    body bytea NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    publish_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (portfolio_id, epoch, sequence)
);
CREATE INDEX portfolio_outbox_due ON portfolio_outbox (publish_at);

GRANT SELECT ON events, event_index, correlation_head, writer TO tradewind_portfolio;
GRANT SELECT, INSERT, UPDATE ON portfolios TO tradewind_portfolio;
-- Nobody changes a decision, nor what it was about.
GRANT SELECT, INSERT ON allocations TO tradewind_portfolio;
GRANT UPDATE (status, is_approval, ended_at, budget_usd, claim_amount, claim_usd, used_amount, received_amount,
        released_amount)
    ON allocations TO tradewind_portfolio;
GRANT SELECT, UPDATE ON book_cursor TO tradewind_portfolio;
GRANT SELECT, INSERT, UPDATE, DELETE ON portfolio_outbox TO tradewind_portfolio;
GRANT SELECT ON portfolios, allocations, book_cursor TO tradewind_gateway;

-- Decisions of this stage are rows of allocations.
REVOKE ALL ON decided FROM tradewind_portfolio;
