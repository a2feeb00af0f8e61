-- Every statement of this package under its name: `-- name: what it is for`, then the statement.
-- A line that is a name in braces stands for the statement of that name.
-- Parameters 1 and 2 are chain id and address, except in the statements about steps.
-- A wallet transaction is a row of `slots`, an attempt a row of `generations`: the tables kept older names.

-- Wallets

-- wallets: The columns of a wallet; other statements add a condition.
SELECT chain_id, address, first_block_hash, next_nonce, halted_reason, halted_at, registered_at FROM wallets

-- select_wallets: Every wallet.
{wallets}
ORDER BY chain_id, address

-- select_wallet: One wallet.
{wallets}
WHERE chain_id = $1 AND address = $2

-- lock_wallet: One wallet, locked until the commit, so that its nonces are given out one by one.
{select_wallet}
FOR UPDATE

-- register: Add a wallet with its next nonce; one that is already there stays unchanged.
INSERT INTO wallets (chain_id, address, next_nonce, first_block_hash) VALUES ($1, $2, $3, $4)
ON CONFLICT (chain_id, address) DO NOTHING

-- advance_nonce: Give out nonces up to this one.
UPDATE wallets SET next_nonce = $3 WHERE chain_id = $1 AND address = $2

-- halt: Let the wallet sign nothing more; only the first reason is kept. It does not count any more where the journal has
-- given out nonces up to $4 by now, or where an operator knows of what took the nonce $5.
UPDATE wallets SET halted_reason = $3, halted_at = clock_timestamp()
WHERE chain_id = $1 AND address = $2 AND halted_at IS NULL AND ($4::bigint IS NULL OR next_nonce < $4)
    AND NOT EXISTS (
        SELECT FROM slots AS s WHERE s.chain_id = $1 AND s.address = $2 AND s.nonce = $5
            AND (s.foreign_acknowledged_at IS NOT NULL OR s.settled_at IS NOT NULL)
    )

-- resume: Let it sign again, from the nonce the chain counts to.
UPDATE wallets SET halted_reason = NULL, halted_at = NULL, next_nonce = greatest(next_nonce, $3)
WHERE chain_id = $1 AND address = $2

-- hold_watch: Watch the wallet for $4 seconds, or go on to; no row while another process does. It was last looked at $5 seconds ago.
INSERT INTO wallet_watches AS w (chain_id, address, watcher, watched_until, looked_at)
VALUES (
    $1, $2, $3, clock_timestamp() + $4::float8 * interval '1 second',
    coalesce(clock_timestamp() - $5::float8 * interval '1 second', '-infinity')
)
ON CONFLICT (chain_id, address) DO UPDATE
SET watcher = EXCLUDED.watcher, watched_until = EXCLUDED.watched_until,
    looked_at = greatest(w.looked_at, EXCLUDED.looked_at)
WHERE w.watcher = EXCLUDED.watcher OR w.watched_until < clock_timestamp()
RETURNING 1

-- release_watch: Let another process watch the wallet at once.
UPDATE wallet_watches SET watched_until = '-infinity' WHERE chain_id = $1 AND address = $2 AND watcher = $3

-- select_unwatched_seconds: How long ago the wallet was looked at.
SELECT coalesce(extract(epoch FROM clock_timestamp() - nullif(looked_at, '-infinity'))::float8, 'infinity')
FROM wallet_watches WHERE chain_id = $1 AND address = $2

-- select_watched: The wallet, and of its open transactions how many there are, the oldest and the lowest nonce.
SELECT w.chain_id, w.address, w.first_block_hash, w.next_nonce, w.halted_reason, w.halted_at, w.registered_at,
    w.fill_requested_by, o.open_count, o.oldest_at, o.lowest_nonce
FROM wallets AS w, (
    SELECT count(*) AS open_count, min(created_at) AS oldest_at, min(nonce) AS lowest_nonce
    FROM slots WHERE chain_id = $1 AND address = $2 AND settled_at IS NULL
) AS o
WHERE w.chain_id = $1 AND w.address = $2

-- Nonces that the chain waits for and the journal never gave out

-- select_missing_nonces: The nonces from $3 on, below $4, that no transaction has and above which none was mined, 256 at
-- most. What is below a mined one was mined, too: a node that does not count it lags.
SELECT n AS nonce FROM generate_series(
    greatest($3::bigint, 1 + (
        SELECT max(nonce) FROM slots WHERE chain_id = $1 AND address = $2 AND mined_block_hash IS NOT NULL
    )),
    $4::bigint - 1
) AS n
WHERE NOT EXISTS (SELECT FROM slots WHERE chain_id = $1 AND address = $2 AND nonce = n)
ORDER BY n LIMIT 256

-- restart_nonces: Give out nonces from $3 on, while none was ever given out.
UPDATE wallets SET next_nonce = $3, halted_reason = NULL, halted_at = NULL
WHERE chain_id = $1 AND address = $2 AND next_nonce > $3
    AND NOT EXISTS (SELECT FROM slots WHERE chain_id = $1 AND address = $2)
RETURNING 1

-- request_fill: Ask for the missing nonces to be filled.
UPDATE wallets SET fill_requested_at = clock_timestamp(), fill_requested_by = $3
WHERE chain_id = $1 AND address = $2

-- end_fill: The request is fulfilled, and the wallet signs again where the gap had halted it ($3).
UPDATE wallets
SET fill_requested_at = NULL, fill_requested_by = NULL,
    halted_reason = CASE WHEN starts_with(halted_reason, $3) THEN NULL ELSE halted_reason END,
    halted_at = CASE WHEN starts_with(halted_reason, $3) THEN NULL ELSE halted_at END
WHERE chain_id = $1 AND address = $2

-- Events that follow once the chain has answered

-- follow: Keep an event about an attempt's transaction until the watcher has published what follows from it.
INSERT INTO followed_events (event_id, chain_id, address, nonce, question, reorgs_known, body)
SELECT $4, $1, $2, g.nonce, $5, $6, $7 FROM generations AS g
WHERE g.chain_id = $1 AND g.address = $2 AND g.tx_hash = $3
ON CONFLICT (event_id) DO NOTHING

-- select_answered: Followed events whose question has its answer: nonce, question, known reorgs and the event.
SELECT f.event_id, f.nonce, f.question, f.reorgs_known, f.body
FROM followed_events AS f
JOIN slots AS s USING (chain_id, address, nonce)
WHERE f.chain_id = $1 AND f.address = $2 AND CASE f.question
    WHEN 'submission' THEN s.submitted_at IS NOT NULL
    ELSE s.settled_at IS NOT NULL OR f.reorgs_known < (
        SELECT count(*) FROM reorgs AS r
        WHERE (r.chain_id, r.address, r.nonce) = (s.chain_id, s.address, s.nonce) AND NOT r.after_settlement
    )
    END
ORDER BY f.nonce, f.event_id LIMIT 256

-- forget_followed: What follows from these events is stored.
DELETE FROM followed_events WHERE chain_id = $1 AND address = $2 AND event_id = ANY($3::text[])

-- Steps, and the one decision about each

-- select_decision: The decision about a step.
SELECT plan_id, step_index, outcome, reason, detail, address, nonce, decided_at FROM steps
WHERE plan_id = $1 AND step_index = $2

-- select_ledger_head: What the ledger has of a plan's history, and of the plan by event id and hash, and who wants it cancelled.
SELECT i.body_sha256 = $3, h.last_sequence, h.last_topic, h.is_open, c.cancellation_id, c.requested_by
FROM correlation_head AS h
LEFT JOIN event_index AS i ON i.event_id = $2
LEFT JOIN cancellations AS c ON c.correlation_id = h.correlation_id
WHERE h.correlation_id = $1

-- select_ledger_heads: The same of several plans, by their places in the arguments. Out of subqueries the planner cannot count them,
-- so that one plan does for all, and none is made for each call; it looks them up one by one, however few there were then.
SELECT p.place, i.body_sha256 = p.digest, h.last_sequence, h.last_topic, h.is_open, c.cancellation_id, c.requested_by
FROM unnest((SELECT $1::text[]), (SELECT $2::text[]), (SELECT $3::bytea[]))
    WITH ORDINALITY AS p (correlation_id, event_id, digest, place)
CROSS JOIN LATERAL (
    SELECT last_sequence, last_topic, is_open FROM correlation_head WHERE correlation_id = p.correlation_id LIMIT 1
) AS h
LEFT JOIN LATERAL (SELECT body_sha256 FROM event_index WHERE event_id = p.event_id LIMIT 1) AS i ON true
LEFT JOIN LATERAL (
    SELECT cancellation_id, requested_by FROM cancellations WHERE correlation_id = p.correlation_id LIMIT 1
) AS c ON true

-- insert_step: Record the decision about a step; no row when there is one.
INSERT INTO steps (plan_id, step_index, outcome, reason, detail, chain_id, address, nonce)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (plan_id, step_index) DO NOTHING
RETURNING plan_id, step_index, outcome, reason, detail, address, nonce, decided_at

-- select_signature: The signature of a step in the ledger, which a journal restored from a backup may not have.
SELECT payload ->> 'txHash' AS tx_hash, (payload ->> 'nonce')::bigint AS nonce
FROM events
WHERE topic = 'exec.step_signed' AND payload ->> 'planId' = $1 AND (payload ->> 'stepIndex')::integer = $2
LIMIT 1

-- Wallet transactions: a nonce, and every attempt that was signed for it

-- transactions: Wallet transactions with their attempts and reorgs; other statements add a condition.
SELECT s.nonce, s.purpose, s.plan_id, s.step_index, s.target, s.data, s.deadline, s.description, s.state,
    s.mined_block_number, s.mined_block_hash, s.mined_tx_hash, s.amount_in, s.amount_out, s.gas_used,
    s.effective_gas_price_wei, s.fee_wei, s.block_time, s.transaction_index, s.log_index,
    s.reason, s.detail, s.submitted_at, s.foreign_since,
    s.foreign_acknowledged_at, s.cancel_requested_at, s.cancel_requested_by, s.cancellation_id, s.created_at,
    s.settled_at,
    ARRAY(
        SELECT (g.generation, g.purpose, g.tx_hash, g.raw, g.gas_limit, g.max_fee_per_gas_wei,
            g.max_priority_fee_per_gas_wei, g.signed_at, g.broadcast_at, g.broadcast_answer)
        FROM generations AS g
        WHERE (g.chain_id, g.address, g.nonce) = (s.chain_id, s.address, s.nonce)
        ORDER BY g.generation
    ) AS attempts,
    ARRAY(
        SELECT (r.reorg_index, r.tx_hash, r.block_number, r.block_hash, r.after_settlement, r.seen_at)
        FROM reorgs AS r
        WHERE (r.chain_id, r.address, r.nonce) = (s.chain_id, s.address, s.nonce)
        ORDER BY r.reorg_index
    ) AS reorgs
FROM slots AS s
WHERE s.chain_id = $1 AND s.address = $2

-- select_open: Transactions without an outcome, the lowest nonce first.
{transactions}
    AND s.settled_at IS NULL ORDER BY s.nonce LIMIT $3

-- select_unsent: Transactions that were never handed to a node.
{transactions}
    AND s.settled_at IS NULL AND s.state = 'signed' AND EXISTS (
        SELECT FROM generations AS g
        WHERE (g.chain_id, g.address, g.nonce) = (s.chain_id, s.address, s.nonce) AND g.broadcast_at IS NULL
    )
ORDER BY s.nonce LIMIT 256

-- select_due: The open transactions a pass may have to act on. The chain counts $3 of the wallet's transactions and a node
-- has those below $4; its newest block is of $5, the newest one with its confirmations is $6, or a reorg is suspected ($7).
-- What was signed less than $8 seconds ago is left to the process that signed it.
{transactions}
    AND s.settled_at IS NULL AND (
        s.state <> 'mined' AND s.nonce < $3
        OR s.state = 'mined' AND (s.mined_block_number <= $6 OR s.nonce >= $3 OR $7)
        OR s.state <> 'mined' AND (s.state = 'signed' OR s.nonce >= $4)
            AND s.created_at < clock_timestamp() - $8::float8 * interval '1 second'
        OR s.deadline < $5 OR s.cancel_requested_at IS NOT NULL OR s.foreign_since IS NOT NULL
        OR s.nonce = (
            SELECT min(o.nonce) FROM slots AS o WHERE o.chain_id = $1 AND o.address = $2 AND o.settled_at IS NULL
        )
    )
ORDER BY s.nonce LIMIT 256

-- select_at_nonces: The transactions of some nonces.
{transactions}
    AND s.nonce = ANY($3::bigint[]) ORDER BY s.nonce

-- select_at_nonce: The transaction of a nonce.
{transactions}
    AND s.nonce = $3

-- select_progress: How far the transaction of an attempt is.
SELECT s.nonce, s.submitted_at, s.settled_at IS NOT NULL AS is_settled, (
        SELECT count(*) FROM reorgs AS r
        WHERE (r.chain_id, r.address, r.nonce) = (s.chain_id, s.address, s.nonce) AND NOT r.after_settlement
    ) AS reorgs
FROM generations AS g JOIN slots AS s USING (chain_id, address, nonce)
WHERE g.chain_id = $1 AND g.address = $2 AND g.tx_hash = $3

-- select_first_hash: The hash of what was signed first for a nonce.
SELECT tx_hash FROM generations WHERE chain_id = $1 AND address = $2 AND nonce = $3 AND generation = 0

-- select_settled_in_block: Settled transactions that are in a block.
{transactions}
    AND s.settled_at IS NOT NULL AND s.mined_block_hash = $3 ORDER BY s.nonce

-- select_settled_from: Settled transactions from a nonce on.
{transactions}
    AND s.settled_at IS NOT NULL AND s.nonce >= $3 ORDER BY s.nonce LIMIT 256

-- select_latest: The newest transactions.
{transactions}
ORDER BY s.nonce DESC LIMIT $3

-- select_approvals: The approvals that have some of these nonces: those of a step are just before its swap.
{transactions}
    AND s.purpose = 'approval' AND s.nonce = ANY($3::bigint[]) ORDER BY s.nonce

-- settled_blocks: The blocks above a number that hold settled transactions: they are watched for late reorgs.
SELECT DISTINCT mined_block_number, mined_block_hash FROM slots
WHERE chain_id = $1 AND address = $2 AND settled_at IS NOT NULL AND mined_block_number > $3
ORDER BY mined_block_number

-- count_open: How many transactions have no outcome.
SELECT count(*) FROM slots WHERE chain_id = $1 AND address = $2 AND settled_at IS NULL

-- insert_transaction: Give a nonce to a transaction.
INSERT INTO slots (
    chain_id, address, nonce, purpose, plan_id, step_index, target, data, deadline, description
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb)

-- insert_attempt: Record what was signed for a nonce.
INSERT INTO generations (
    chain_id, address, nonce, generation, purpose, tx_hash, raw, gas_limit, max_fee_per_gas_wei,
    max_priority_fee_per_gas_wei
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)

-- note_broadcasts: Record the nodes' answers; a transaction that a node has counts as broadcast.
WITH answered AS (
    SELECT * FROM unnest($3::text[], $4::text[], $5::boolean[]) AS a (tx_hash, answer, is_known)
), sent AS (
    UPDATE generations AS g SET broadcast_at = clock_timestamp(), broadcast_answer = a.answer
    FROM answered AS a
    WHERE g.chain_id = $1 AND g.address = $2 AND g.tx_hash = a.tx_hash
    RETURNING g.nonce, a.is_known
)
UPDATE slots AS s SET state = 'broadcast', submitted_at = coalesce(s.submitted_at, clock_timestamp())
FROM sent
WHERE s.chain_id = $1 AND s.address = $2 AND s.nonce = sent.nonce AND s.state = 'signed' AND sent.is_known

-- note_mined: Record the blocks transactions are in.
UPDATE slots AS s
SET state = 'mined', mined_tx_hash = m.tx_hash, mined_block_number = m.block_number,
    mined_block_hash = m.block_hash, foreign_since = NULL,
    submitted_at = coalesce(s.submitted_at, clock_timestamp())
FROM unnest($3::bigint[], $4::text[], $5::bigint[], $6::text[]) AS m (nonce, tx_hash, block_number, block_hash)
WHERE s.chain_id = $1 AND s.address = $2 AND s.nonce = m.nonce AND s.state IN ('signed', 'broadcast')

-- insert_reorg: Record that a block with the transaction left the chain.
INSERT INTO reorgs (
    chain_id, address, nonce, reorg_index, tx_hash, block_number, block_hash, after_settlement
)
SELECT $1, $2, $3, count(*), $4, $5, $6, $7 FROM reorgs
WHERE chain_id = $1 AND address = $2 AND nonce = $3

-- unmine: Take a transaction back to the state it had before its block.
UPDATE slots SET state = 'broadcast', mined_tx_hash = NULL, mined_block_number = NULL, mined_block_hash = NULL
WHERE chain_id = $1 AND address = $2 AND nonce = $3

-- settle: Give transactions their outcomes, each once, and none in a block that is known to have left the chain.
UPDATE slots AS s
SET state = o.state, mined_tx_hash = o.tx_hash, mined_block_number = o.block_number,
    mined_block_hash = o.block_hash, amount_in = o.amount_in, amount_out = o.amount_out, gas_used = o.gas_used,
    effective_gas_price_wei = o.effective_gas_price_wei, reason = o.reason, detail = o.detail, fee_wei = o.fee_wei,
    block_time = o.block_time, transaction_index = o.transaction_index, log_index = o.log_index,
    submitted_at = coalesce(s.submitted_at, clock_timestamp()), settled_at = clock_timestamp()
FROM unnest(
    $3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::numeric[], $9::numeric[], $10::bigint[],
    $11::numeric[], $12::text[], $13::text[], $14::numeric[], $15::timestamptz[], $16::integer[], $17::integer[]
) AS o (
    nonce, state, tx_hash, block_number, block_hash, amount_in, amount_out, gas_used, effective_gas_price_wei, reason,
    detail, fee_wei, block_time, transaction_index, log_index
)
WHERE s.chain_id = $1 AND s.address = $2 AND s.nonce = o.nonce AND s.settled_at IS NULL
    AND NOT EXISTS (
        SELECT FROM reorgs AS r
        WHERE (r.chain_id, r.address, r.nonce) = (s.chain_id, s.address, s.nonce) AND r.block_hash = o.block_hash
    )
RETURNING s.nonce

-- note_foreign: Record since when a foreign transaction seems to have the nonce.
UPDATE slots SET foreign_since = coalesce(foreign_since, clock_timestamp())
WHERE chain_id = $1 AND address = $2 AND nonce = $3 AND settled_at IS NULL

-- clear_foreign: Withdraw that suspicion.
UPDATE slots SET foreign_since = NULL
WHERE chain_id = $1 AND address = $2 AND foreign_since IS NOT NULL AND settled_at IS NULL AND nonce = $3

-- acknowledge_foreign: Record that an operator knows of all foreign transactions.
UPDATE slots SET foreign_acknowledged_at = clock_timestamp()
WHERE chain_id = $1 AND address = $2 AND foreign_since IS NOT NULL AND settled_at IS NULL

-- request_cancel: Ask for a transaction to be cancelled; no row when it is settled or was asked for before.
UPDATE slots SET cancel_requested_at = clock_timestamp(), cancel_requested_by = $4
WHERE chain_id = $1 AND address = $2 AND nonce = $3 AND settled_at IS NULL AND cancel_requested_at IS NULL
RETURNING 1

-- request_intent_cancel: Ask for the open swaps of an intent to be cancelled. What is signed is recorded, so the ledger knows
-- the plan of each.
UPDATE slots
SET cancel_requested_at = coalesce(cancel_requested_at, clock_timestamp()), cancellation_id = $4, cancel_requested_by = $5
WHERE chain_id = $1 AND address = $2 AND purpose = 'swap' AND settled_at IS NULL AND plan_id IN (
    SELECT payload ->> 'planId' FROM events WHERE correlation_id = $3 AND topic = 'plan.created'
)
RETURNING nonce

-- Allowances, as they will be once every signed transaction is mined

-- select_allowance: What a spender may take.
SELECT projected FROM allowances WHERE chain_id = $1 AND address = $2 AND token = $3 AND spender = $4

-- upsert_allowance: Keep what a spender may take.
INSERT INTO allowances (chain_id, address, token, spender, projected)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (chain_id, address, token, spender) DO UPDATE SET projected = EXCLUDED.projected

-- select_allowance_view: What a spender may take, and whether no open transaction of the wallet changes it.
SELECT w.next_nonce, a.projected, NOT EXISTS (
    SELECT FROM slots AS s
    WHERE s.chain_id = $1 AND s.address = $2 AND s.settled_at IS NULL
        AND $3 IN (s.description ->> 'token', s.description -> 'step' ->> 'token_in')
) AS is_quiet
FROM wallets AS w
LEFT JOIN allowances AS a
    ON (a.chain_id, a.address) = (w.chain_id, w.address) AND a.token = $3 AND a.spender = $4
WHERE w.chain_id = $1 AND w.address = $2

-- correct_allowance: Keep what the chain says a spender may take, unless a transaction since ($6) changes it.
INSERT INTO allowances (chain_id, address, token, spender, projected)
SELECT $1, $2, $3, $4, $5::numeric
WHERE NOT EXISTS (
    SELECT FROM slots AS s
    WHERE s.chain_id = $1 AND s.address = $2 AND s.nonce >= $6
        AND $3 IN (s.description ->> 'token', s.description -> 'step' ->> 'token_in')
)
ON CONFLICT (chain_id, address, token, spender) DO UPDATE SET projected = EXCLUDED.projected

-- forget_allowance: Take it for unknown, so that the next swap approves anew.
UPDATE allowances SET projected = NULL WHERE chain_id = $1 AND address = $2 AND token = $3 AND spender = $4
