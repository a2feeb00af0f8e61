-- Whether trading goes on, by scope. A row is in force from the commit that writes it; its event goes into the ingress
-- journal in the same transaction, and its version is the sequence of that event in the scope's history.
CREATE TABLE trading_states (
    kind text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    state text NOT NULL CHECK (state IN ('active', 'reducing', 'halted')),
    version integer NOT NULL CHECK (version BETWEEN 1 AND 65535),
    reason text NOT NULL,
    set_by text NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz,
    needs_person boolean NOT NULL,
    PRIMARY KEY (kind, name),
    -- What a loss or a drift set does not end by itself.
    CHECK (NOT needs_person OR until IS NULL)
);

-- Whoever signs holds this table in a shared mode until the signature is committed, whoever changes a state holds it in a
-- mode that excludes those: a change waits for the signatures under way, and nothing signs meanwhile. It has no rows: locking
-- one writes it, and those who share a row overtake who waits to change it.
CREATE TABLE trading_gate (nothing boolean NOT NULL CHECK (false));

-- What is granted on the gate is which of both modes may be taken.
GRANT INSERT ON trading_gate TO tradewind_orchestrator;
GRANT UPDATE ON trading_gate TO tradewind_gateway, tradewind_operator, tradewind_portfolio;
GRANT SELECT ON trading_states TO tradewind_gateway, tradewind_orchestrator, tradewind_portfolio, tradewind_sweeper;
GRANT INSERT, UPDATE ON trading_states TO tradewind_gateway, tradewind_operator, tradewind_portfolio;
GRANT INSERT ON ingress TO tradewind_operator, tradewind_portfolio;
-- While trading is reducing, what earlier intents may sell is not left for later ones.
GRANT SELECT ON allocations TO tradewind_orchestrator;
