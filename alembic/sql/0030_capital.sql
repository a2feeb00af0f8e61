-- What portfolios have of each token, by their accounts, for who asks over all of them. Nobody adds up entries for that, of
-- which there are ever more. A token that is the quote of one pair may be the base of another, so positions do not tell it.
CREATE TABLE balances (
    portfolio_id text COLLATE "C" NOT NULL,
    chain text COLLATE "C" NOT NULL,
    token text COLLATE "C" NOT NULL,
    symbol text NOT NULL,
    decimals integer NOT NULL,
    amount numeric(80, 0) NOT NULL,
    PRIMARY KEY (portfolio_id, chain, token)
);
CREATE INDEX balances_token ON balances (chain, token);
INSERT INTO balances (portfolio_id, chain, token, symbol, decimals, amount)
SELECT a.portfolio_id, b -> 'token' ->> 1, b -> 'token' ->> 2, b -> 'token' ->> 0, (b -> 'token' ->> 3)::integer,
    (b ->> 'amount')::numeric
FROM accounts AS a CROSS JOIN LATERAL json_array_elements(a.state -> 'balances') AS b;

GRANT SELECT, INSERT, UPDATE, DELETE ON balances TO tradewind_portfolio;
GRANT INSERT, UPDATE, DELETE ON balances TO tradewind_operator;
GRANT SELECT ON balances TO tradewind_treasury;
REVOKE SELECT ON entries FROM tradewind_treasury;

-- The portfolio stage refuses what no wallet of the chain may sign at the moment.
GRANT SELECT ON wallets, wallet_watches TO tradewind_portfolio;

-- The planner plans nothing that a trading state forbids; while it is reducing, a sale of what is held may go on.
GRANT SELECT ON trading_states, entries, allocations TO tradewind_planner;
