-- The statements of the accounts. Each has a line `-- name: what it is for` above it.

-- Booking

-- select_rates: Return what the risk events of these histories say of prices; the instrument stage knows both.
SELECT DISTINCT ON (correlation_id) correlation_id, event_id, payload ->> 'priceUsd', payload ->> 'quotePriceUsd'
FROM events
WHERE correlation_id = ANY($1::text[]) AND topic IN ('risk.screened', 'risk.approved')
ORDER BY correlation_id, topic = 'risk.screened' DESC, sequence

-- insert_fills: Add fills; return the ids of events whose fill was not there.
INSERT INTO fills
SELECT * FROM jsonb_populate_recordset(NULL::fills, $1::jsonb)
ON CONFLICT (plan_id, step_index, fill_index) DO NOTHING
RETURNING event_id

-- select_kept: Return what stands under these keys.
SELECT f.plan_id, f.step_index, f.fill_index, f.sequence, f.event_id, f.sha256, f.place, f.portfolio_id
FROM jsonb_to_recordset($1::jsonb) AS t (plan_id text, step_index integer, fill_index integer)
JOIN fills AS f USING (plan_id, step_index, fill_index)

-- delete_fill: Remove a fill, and its two entries, for the one that stands instead.
WITH gone AS (
    DELETE FROM fills WHERE plan_id = $1 AND step_index = $2 AND fill_index = $3
    RETURNING event_id
)
DELETE FROM entries WHERE event_id = (SELECT event_id FROM gone) AND kind = 'FILL'

-- note_conflict: Keep that two fills had one key.
INSERT INTO fill_conflicts (plan_id, step_index, fill_index, portfolio_id, kept_event_id, refused_event_id)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT DO NOTHING
RETURNING 1

-- insert_entries: Add entries; return portfolio and place of those that were not there. Several reports may tell of what one
-- look at a wallet explained: the one with the lowest place counts.
WITH incoming AS MATERIALIZED (
    SELECT * FROM jsonb_populate_recordset(NULL::entries, $1::jsonb)
), known AS MATERIALIZED (
    SELECT e.* FROM incoming AS i
    -- one by one: a plan that is made while there are few entries would else read all of them
    CROSS JOIN LATERAL (
        SELECT event_id, number, place FROM entries WHERE event_id = i.event_id AND number = i.number LIMIT 1
    ) AS e
), added AS (
    INSERT INTO entries AS e
    SELECT * FROM incoming
    ON CONFLICT (event_id, number) DO UPDATE SET place = EXCLUDED.place, time = EXCLUDED.time, global_seq = EXCLUDED.global_seq
        WHERE EXCLUDED.place < e.place
    RETURNING event_id, number, portfolio_id, place
)
SELECT a.portfolio_id, a.place, k.place AS was_at
FROM added AS a
LEFT JOIN known AS k USING (event_id, number)

-- insert_gas: Charge transactions once. Of several events that tell of one, that with the lowest place counts.
WITH incoming AS MATERIALIZED (
    SELECT * FROM jsonb_populate_recordset(NULL::entries, $1::jsonb)
), known AS MATERIALIZED (
    SELECT e.* FROM incoming AS i
    CROSS JOIN LATERAL (
        SELECT portfolio_id, chain, tx_hash, place FROM entries
        WHERE portfolio_id = i.portfolio_id AND chain = i.chain AND tx_hash = i.tx_hash AND kind = 'GAS'
        LIMIT 1
    ) AS e
), charged AS (
    INSERT INTO entries AS e
    SELECT * FROM incoming
    ON CONFLICT (portfolio_id, chain, tx_hash) WHERE kind = 'GAS' DO UPDATE SET
        event_id = EXCLUDED.event_id, number = EXCLUDED.number, amount = EXCLUDED.amount,
        place = EXCLUDED.place, time = EXCLUDED.time, global_seq = EXCLUDED.global_seq,
        price_usd = EXCLUDED.price_usd
        WHERE (EXCLUDED.place, EXCLUDED.amount) < (e.place, e.amount)
    RETURNING portfolio_id, chain, tx_hash, place
)
SELECT c.portfolio_id, c.place, k.place AS was_at
FROM charged AS c
LEFT JOIN known AS k USING (portfolio_id, chain, tx_hash)

-- Folding

-- select_accounts: Return the accounts of these portfolios.
SELECT portfolio_id, state FROM accounts WHERE portfolio_id = ANY($1::text[])

-- select_snapshot: Return the last state before a place.
SELECT state FROM account_snapshots
WHERE portfolio_id = $1 AND place < $2
ORDER BY place DESC
LIMIT 1

-- delete_snapshots: Remove the states that lack something at a place.
DELETE FROM account_snapshots WHERE portfolio_id = $1 AND place >= $2

-- insert_snapshot: Keep a state to begin from.
INSERT INTO account_snapshots (portfolio_id, place, state) VALUES ($1, $2, $3)
ON CONFLICT (portfolio_id, place) DO UPDATE SET state = EXCLUDED.state

-- select_postings: Return the next postings of a portfolio in the order of the chain. A fill is in `fills`, all else in `entries`.
(
    SELECT portfolio_id, place, block_time AS time, global_seq, chain, 'FILL' AS kind, base, base_symbol, base_decimals,
        quote, quote_symbol, quote_decimals, quantity, cost, base_usd, quote_usd, pool_fee
    FROM fills
    WHERE portfolio_id = $1 AND place > $2
    ORDER BY place
    LIMIT $3
)
UNION ALL
(
    SELECT portfolio_id, place, time, global_seq, chain, kind, token, symbol, decimals, NULL, NULL, NULL, amount, NULL,
        price_usd, NULL, NULL
    FROM entries
    WHERE portfolio_id = $1 AND place > $2 AND kind <> 'FILL'
    ORDER BY place
    LIMIT $3
)
ORDER BY place
LIMIT $3

-- write_accounts: Keep the accounts of portfolios.
INSERT INTO accounts (portfolio_id, place, state)
SELECT portfolio_id, place, state::json FROM unnest($1::text[], $2::text[], $3::text[]) AS t (portfolio_id, place, state)
ON CONFLICT (portfolio_id) DO UPDATE SET place = EXCLUDED.place, state = EXCLUDED.state

-- write_positions: Keep positions.
INSERT INTO positions
SELECT * FROM jsonb_populate_recordset(NULL::positions, $1::jsonb)
ON CONFLICT (portfolio_id, chain, base, quote) DO UPDATE SET
    base_symbol = EXCLUDED.base_symbol, base_decimals = EXCLUDED.base_decimals,
    quote_symbol = EXCLUDED.quote_symbol, quote_decimals = EXCLUDED.quote_decimals,
    quantity = EXCLUDED.quantity, cost = EXCLUDED.cost, realised = EXCLUDED.realised,
    realised_usd = EXCLUDED.realised_usd, unpriced = EXCLUDED.unpriced, fills = EXCLUDED.fills,
    last_exit_at = EXCLUDED.last_exit_at

-- delete_position: Remove a position of which no fill is left.
DELETE FROM positions WHERE portfolio_id = $1 AND chain = $2 AND base = $3 AND quote = $4

-- write_balances: Keep what there is of tokens.
INSERT INTO balances
SELECT * FROM jsonb_populate_recordset(NULL::balances, $1::jsonb)
ON CONFLICT (portfolio_id, chain, token) DO UPDATE SET
    symbol = EXCLUDED.symbol, decimals = EXCLUDED.decimals, amount = EXCLUDED.amount

-- delete_balance: Remove a token of which no entry is left.
DELETE FROM balances WHERE portfolio_id = $1 AND chain = $2 AND token = $3

-- Capital

-- select_held: Return what a portfolio, or nobody, has of each token.
SELECT chain, token, symbol, decimals, amount FROM balances WHERE portfolio_id = $1 AND amount <> 0 ORDER BY chain, token

-- keep_funding: Keep the event in the ingress journal, from which it is published until the ledger has it.
-- No row when it is there already.
INSERT INTO ingress (event_id, correlation_id, subject, body, request_sha256) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (event_id) DO NOTHING
RETURNING event_id

-- lock_held: Let one transaction at a time take of what a portfolio, or nobody, has of a token. Settlement books it under the
-- same lock.
SELECT 1 FROM balances WHERE portfolio_id = $1 AND chain = $2 AND token = $3 FOR UPDATE

-- select_amount: Return what a portfolio, or nobody, has of a token.
SELECT amount FROM balances WHERE portfolio_id = $1 AND chain = $2 AND token = $3

-- select_free: Return what a portfolio has of a token, and what its open intents may still spend of that.
SELECT coalesce((SELECT amount FROM balances WHERE portfolio_id = $1 AND chain = $2 AND token = $3), 0) AS held,
    coalesce((
        SELECT sum(greatest(claim_amount - used_amount, 0)) FROM allocations
        WHERE portfolio_id = $1 AND claim_token = $3 AND status = 'claimed'
    ), 0) AS claimed

-- select_unbooked: Return the payloads of what moves capital and is not booked yet: kept and not recorded, or recorded behind
-- what settlement has read. The event $1 is left out.
SELECT (convert_from(i.body, 'UTF8')::jsonb -> 'payload')::text AS payload FROM ingress AS i
WHERE i.recorded_at IS NULL AND i.subject LIKE $2 || '.%' AND i.event_id <> $1
    AND NOT EXISTS (SELECT FROM event_index AS x WHERE x.event_id = i.event_id)
UNION ALL
SELECT e.payload::text FROM events AS e
WHERE e.global_seq > (SELECT global_seq FROM book_cursor) AND e.topic = $2 AND e.event_id <> $1

-- find_funding: Return the payload of an event that is kept, or that the ledger has; null where it is archived.
SELECT (convert_from(body, 'UTF8')::jsonb -> 'payload')::text AS payload FROM ingress WHERE event_id = $1
UNION ALL
SELECT e.payload::text FROM event_index AS i LEFT JOIN events AS e USING (global_seq) WHERE i.event_id = $1
LIMIT 1

-- Replay of a window

-- take_turn: Keep settlement out until the end of the transaction, and return how far the ledger is settled.
SELECT global_seq FROM book_cursor WHERE id = 1 FOR UPDATE

-- lock_portfolio: Keep decisions of a portfolio out until the end of the transaction.
SELECT 1 FROM portfolios WHERE portfolio_id = $1 FOR UPDATE

-- select_wrong_fills: Compare the fills of a portfolio in a window ($3, $4) with what they should be ($2).
WITH e AS MATERIALIZED (
    SELECT * FROM jsonb_populate_recordset(NULL::fills, $2::jsonb)
), k AS MATERIALIZED (
    SELECT f.* FROM fills AS f
    WHERE (portfolio_id = $1 AND block_time >= $3 AND block_time < $4)
        OR (plan_id, step_index, fill_index) IN (SELECT plan_id, step_index, fill_index FROM e)
)
SELECT coalesce(e.plan_id, k.plan_id) AS plan_id, coalesce(e.step_index, k.step_index) AS step_index,
    coalesce(e.fill_index, k.fill_index) AS fill_index, to_jsonb(e) AS expected, to_jsonb(k) AS kept
FROM e
FULL JOIN k ON (e.plan_id, e.step_index, e.fill_index) = (k.plan_id, k.step_index, k.fill_index)
WHERE e IS DISTINCT FROM k
ORDER BY coalesce(e.place, k.place)

-- select_wrong_entries: Do the same for its entries.
WITH e AS MATERIALIZED (
    SELECT * FROM jsonb_populate_recordset(NULL::entries, $2::jsonb)
), k AS MATERIALIZED (
    SELECT t.* FROM entries AS t
    WHERE (portfolio_id = $1 AND time >= $3 AND time < $4)
        OR (event_id, number) IN (SELECT event_id, number FROM e)
        OR (kind = 'GAS' AND (portfolio_id, chain, tx_hash) IN (
            SELECT portfolio_id, chain, tx_hash FROM e WHERE kind = 'GAS'
        ))
)
SELECT coalesce(e.event_id, k.event_id) AS event_id, coalesce(e.number, k.number) AS number,
    to_jsonb(e) AS expected, to_jsonb(k) AS kept
FROM e
FULL JOIN k ON (e.event_id, e.number) = (k.event_id, k.number)
WHERE e IS DISTINCT FROM k
ORDER BY coalesce(e.place, k.place), 1, 2

-- delete_fills: Remove fills by their keys.
DELETE FROM fills AS f
USING jsonb_to_recordset($1::jsonb) AS t (plan_id text, step_index integer, fill_index integer)
WHERE (f.plan_id, f.step_index, f.fill_index) = (t.plan_id, t.step_index, t.fill_index)

-- delete_entries: Remove entries by their keys.
DELETE FROM entries AS e
USING jsonb_to_recordset($1::jsonb) AS t (event_id text, number integer)
WHERE (e.event_id, e.number) = (t.event_id, t.number)

-- select_positions: Return the positions of a portfolio as JSON.
SELECT to_jsonb(p) FROM positions AS p WHERE portfolio_id = $1 ORDER BY chain, base, quote

-- select_balances: Return what a portfolio has of each token as JSON.
SELECT to_jsonb(b) FROM balances AS b WHERE portfolio_id = $1 ORDER BY chain, token

-- tell_again: Have everything of a portfolio told in its history, and a claim that is being decided on what it was look again.
UPDATE portfolios SET version = version + 1, told_seq = CASE WHEN changed_seq > 0 THEN least(told_seq, changed_seq - 1) ELSE told_seq END
WHERE portfolio_id = $1
