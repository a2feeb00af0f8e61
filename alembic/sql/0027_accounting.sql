-- The accounts of portfolios. Everything here follows from the ledger: the settlement of the portfolio role writes it, and
-- `tradewind portfolio replay` compares a window of it with the ledger and puts it right.

-- Fills as a set: a fill that is told again changes nothing, in whatever order fills come.
CREATE TABLE fills (
    plan_id text COLLATE "C" NOT NULL,
    step_index integer NOT NULL,
    fill_index integer NOT NULL,
    portfolio_id text COLLATE "C" NOT NULL,
    strategy_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    correlation_id text COLLATE "C" NOT NULL,
    sequence integer NOT NULL,
    global_seq bigint NOT NULL,
    sha256 text NOT NULL,
    -- What follows puts fills in the order of the chain; `place` is all of it as one text, see place.py.
    place text COLLATE "C" NOT NULL,
    block_time timestamptz NOT NULL,
    chain text COLLATE "C" NOT NULL,
    block_number bigint NOT NULL,
    transaction_index integer,
    log_index integer,
    tx_hash text COLLATE "C" NOT NULL,
    base text COLLATE "C" NOT NULL,
    base_symbol text NOT NULL,
    base_decimals integer NOT NULL,
    quote text COLLATE "C" NOT NULL,
    quote_symbol text NOT NULL,
    quote_decimals integer NOT NULL,
    -- Base bought for quote, both in base units and both negative for a sale.
    quantity numeric(80, 0) NOT NULL,
    cost numeric(80, 0) NOT NULL,
    -- What the pools kept; it is a part of the amount paid.
    pool_fee numeric(80, 0) NOT NULL,
    -- US dollars for whole tokens, of the risk event named beside them; null where that had none.
    base_usd numeric,
    quote_usd numeric,
    rate_event_id text COLLATE "C",
    PRIMARY KEY (plan_id, step_index, fill_index)
);
CREATE INDEX fills_place ON fills (portfolio_id, place);

-- Every amount that a portfolio got (positive) or gave. The row names both of its accounts, so every source balances.
CREATE TABLE entries (
    event_id text COLLATE "C" NOT NULL,
    number integer NOT NULL,
    portfolio_id text COLLATE "C" NOT NULL,
    kind text NOT NULL CHECK (
        kind IN ('FILL', 'GAS', 'DEPOSIT', 'WITHDRAWAL', 'TRANSFER', 'FUNDING', 'REBASE', 'ADJUSTMENT')
    ),
    counter_account text NOT NULL,
    chain text COLLATE "C" NOT NULL,
    token text COLLATE "C" NOT NULL,
    symbol text NOT NULL,
    decimals integer NOT NULL,
    amount numeric(80, 0) NOT NULL,
    place text COLLATE "C" NOT NULL,
    time timestamptz NOT NULL,
    global_seq bigint NOT NULL,
    tx_hash text COLLATE "C",
    price_usd numeric,
    PRIMARY KEY (event_id, number)
);
CREATE INDEX entries_place ON entries (portfolio_id, place);
-- A transaction's gas is charged once, whichever events tell of it.
CREATE UNIQUE INDEX entries_gas ON entries (portfolio_id, chain, tx_hash) WHERE kind = 'GAS';

-- The fold over a portfolio's sorted fills and entries. `state` is the whole of it, see snapshot.py.
CREATE TABLE accounts (
    portfolio_id text COLLATE "C" PRIMARY KEY,
    place text COLLATE "C" NOT NULL,
    state json NOT NULL
);

-- Earlier states, from which the fold begins again when something is recorded late.
CREATE TABLE account_snapshots (
    portfolio_id text COLLATE "C" NOT NULL,
    place text COLLATE "C" NOT NULL,
    state json NOT NULL,
    PRIMARY KEY (portfolio_id, place)
);

-- What accounts say of each pair, for who asks over all portfolios.
CREATE TABLE positions (
    portfolio_id text COLLATE "C" NOT NULL,
    chain text COLLATE "C" NOT NULL,
    base text COLLATE "C" NOT NULL,
    quote text COLLATE "C" NOT NULL,
    base_symbol text NOT NULL,
    base_decimals integer NOT NULL,
    quote_symbol text NOT NULL,
    quote_decimals integer NOT NULL,
    quantity numeric(80, 0) NOT NULL,
    cost numeric(80, 0) NOT NULL,
    realised numeric(80, 0) NOT NULL,
    realised_usd numeric NOT NULL,
    unpriced numeric(80, 0) NOT NULL,
    fills integer NOT NULL,
    last_exit_at timestamptz,
    PRIMARY KEY (portfolio_id, chain, base, quote)
);
CREATE INDEX positions_pair ON positions (chain, base, quote);

-- Two fills of one key that are not the same fill: one stands, and neither is changed to fit the other.
CREATE TABLE fill_conflicts (
    plan_id text COLLATE "C" NOT NULL,
    step_index integer NOT NULL,
    fill_index integer NOT NULL,
    portfolio_id text COLLATE "C" NOT NULL,
    kept_event_id text COLLATE "C" NOT NULL,
    refused_event_id text COLLATE "C" NOT NULL,
    found_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (plan_id, step_index, fill_index, kept_event_id, refused_event_id)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON fills, entries, accounts, account_snapshots, positions TO tradewind_portfolio;
GRANT SELECT, INSERT ON fill_conflicts TO tradewind_portfolio;
GRANT SELECT ON events TO tradewind_portfolio;
-- An operator makes a window again from the ledger, with the portfolio locked, and gives capital.
GRANT INSERT, UPDATE, DELETE ON fills, entries, accounts, account_snapshots, positions TO tradewind_operator;
GRANT INSERT ON fill_conflicts, ingress TO tradewind_operator;
GRANT UPDATE (told_seq) ON portfolios TO tradewind_operator;
GRANT SELECT ON fills, entries, accounts, positions, fill_conflicts TO tradewind_gateway;
-- While trading is reducing, a step signs if it sells what its portfolio holds.
GRANT SELECT ON entries TO tradewind_orchestrator;
-- The treasury compares what portfolios have with what wallets hold.
GRANT SELECT ON entries TO tradewind_treasury;
