-- What is shown of portfolios, each statement with a line `-- name: what it is for` above it.

-- visible: The condition under which a portfolio p is shown: its id matches a pattern of $1, and every strategy that
-- ever had an intent decided for it one of $2. Null stands for all. Without a strategy it is shown to who sees all.
($1::text[] IS NULL OR p.portfolio_id LIKE ANY ($1))
    AND ($2::text[] IS NULL OR coalesce((
        SELECT bool_and(strategy_id LIKE ANY ($2)) FROM (
{tradewind.trading.book.strategies}
        ) AS strategies
    ), false))

-- select_portfolios: Return portfolios after an id ($3), or only the one with an id ($4).
SELECT p.portfolio_id, p.version, p.day, p.day_notional_usd, a.state AS accounts, open.intents, open.usd
FROM portfolios AS p
LEFT JOIN accounts AS a USING (portfolio_id)
CROSS JOIN LATERAL (
    SELECT count(*)::integer AS intents,
        coalesce(sum(CASE WHEN coalesce(claim_amount, 0) = 0 THEN claim_usd
            ELSE claim_usd * greatest(claim_amount - used_amount, 0) / claim_amount END), 0) AS usd
    FROM allocations WHERE portfolio_id = p.portfolio_id AND status = 'claimed'
) AS open
WHERE p.portfolio_id > $3 AND ($4::text IS NULL OR p.portfolio_id = $4) AND
{visible}
ORDER BY p.portfolio_id
LIMIT $5

-- select_positions: Return what portfolios hold after a place: portfolio, chain, base and quote ($3 to $6). $7 selects a
-- portfolio, $8 a pair, $10 whose intent was last approved for it.
SELECT p.portfolio_id, p.chain, p.base, p.quote, last.strategy_id
FROM positions AS p
LEFT JOIN LATERAL (
    SELECT strategy_id FROM allocations AS a
    WHERE a.portfolio_id = p.portfolio_id AND a.instrument = p.chain || '-' || p.base_symbol || '-' || p.quote_symbol
        AND is_approval
    ORDER BY decided_at DESC
    LIMIT 1
) AS last ON true
WHERE (p.portfolio_id, p.chain, p.base, p.quote) > ($3, $4, $5, $6) AND p.quantity <> 0
    AND ($7::text IS NULL OR p.portfolio_id = $7)
    AND ($8::text IS NULL OR p.chain || '-' || p.base_symbol || '-' || p.quote_symbol = $8)
    AND ($10::text IS NULL OR last.strategy_id = $10) AND
{visible}
ORDER BY p.portfolio_id, p.chain, p.base, p.quote
LIMIT $9

-- select_accounts: Return the accounts of some portfolios.
SELECT portfolio_id, state FROM accounts WHERE portfolio_id = ANY($1::text[])

-- select_settled: Return which ledger this is, how far the book follows it, and the time.
SELECT w.incarnation, c.global_seq, c.settled_at, clock_timestamp() AS now FROM writer AS w CROSS JOIN book_cursor AS c

-- select_allocations: Return what was approved for some portfolios on a day, the newest first: a page of each, and the
-- first of all of them; $4 selects a strategy.
SELECT page.*
FROM unnest($1::text[]) AS wanted (portfolio_id)
CROSS JOIN LATERAL (
    SELECT intent_id, portfolio_id, strategy_id, instrument, side, status, incarnation, decided_at, ended_at,
        notional_usd, budget_usd, claim_token, claim_amount, used_amount
    FROM allocations AS a
    WHERE a.portfolio_id = wanted.portfolio_id AND day = $2 AND is_approval AND ($4::text IS NULL OR strategy_id = $4)
    ORDER BY decided_at DESC
    LIMIT $3
) AS page
ORDER BY decided_at DESC, intent_id
LIMIT $3

-- sum_allocations: Add up in dollars what was approved for some portfolios on a day, of a strategy ($3) or of all: what is
-- claimed, what the ended ones used, and what they gave back.
SELECT coalesce(sum(notional_usd) FILTER (WHERE ended_at IS NULL), 0) AS claimed_usd,
    coalesce(sum(budget_usd) FILTER (WHERE ended_at IS NOT NULL), 0) AS used_usd,
    coalesce(sum(notional_usd - budget_usd) FILTER (WHERE ended_at IS NOT NULL), 0) AS released_usd
FROM allocations
WHERE portfolio_id = ANY ($1::text[]) AND day = $2 AND is_approval AND ($3::text IS NULL OR strategy_id = $3)


-- select_claimed: Return what approved intents of a portfolio may still spend, by token.
SELECT claim_token, sum(greatest(claim_amount - used_amount, 0))::numeric(78) FROM allocations
WHERE portfolio_id = $1 AND status = 'claimed'
GROUP BY claim_token

-- select_traders: Return whose intent was last approved for a portfolio, by pair.
SELECT pair.instrument, last.strategy_id
FROM unnest($2::text[]) AS pair (instrument)
CROSS JOIN LATERAL (
    SELECT strategy_id FROM allocations AS a
    WHERE a.portfolio_id = $1 AND a.instrument = pair.instrument AND is_approval
    ORDER BY decided_at DESC
    LIMIT 1
) AS last
