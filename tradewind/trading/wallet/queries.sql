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

-- halt: Let the wallet sign nothing more; only the first reason is kept.
UPDATE wallets SET halted_reason = $3, halted_at = clock_timestamp()
WHERE chain_id = $1 AND address = $2 AND halted_at IS NULL

-- resume: Let it sign again, from the nonce the chain counts to.
UPDATE wallets SET halted_reason = NULL, halted_at = NULL, next_nonce = greatest(next_nonce, $3)
WHERE chain_id = $1 AND address = $2

-- claim_check: One process per interval checks a wallet: no row when another one has just done so.
UPDATE wallets SET tended_at = clock_timestamp()
WHERE chain_id = $1 AND address = $2
    AND tended_at < clock_timestamp() - $3::float8 * interval '1 millisecond'
RETURNING 1

-- Steps, and the one decision about each

-- select_decision: The decision about a step.
SELECT plan_id, step_index, outcome, reason, detail, address, nonce, decided_at FROM steps
WHERE plan_id = $1 AND step_index = $2

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
    s.foreign_acknowledged_at, s.cancel_requested_at, s.cancel_requested_by, s.created_at, s.settled_at,
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

-- select_at_nonce: The transaction of a nonce.
{transactions}
    AND s.nonce = $3

-- select_of_hash: The transaction that has an attempt with this hash.
{transactions}
    AND s.nonce = (
        SELECT g.nonce FROM generations AS g WHERE g.chain_id = $1 AND g.address = $2 AND g.tx_hash = $3
    )

-- select_settled_in_block: Settled transactions that are in a block.
{transactions}
    AND s.settled_at IS NOT NULL AND s.mined_block_hash = $3 ORDER BY s.nonce

-- select_settled_from: Settled transactions from a nonce on.
{transactions}
    AND s.settled_at IS NOT NULL AND s.nonce >= $3 ORDER BY s.nonce LIMIT 256

-- select_latest: The newest transactions.
{transactions}
ORDER BY s.nonce DESC LIMIT $3

-- select_approvals: The approvals of a step; they have the two nonces before its swap ($5), or one of them.
{transactions}
    AND s.plan_id = $3 AND s.step_index = $4 AND s.purpose = 'approval' AND s.nonce BETWEEN $5 - 2 AND $5 - 1
ORDER BY s.nonce

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

-- note_broadcast: Record a node's answer; a transaction that the node has ($5) counts as broadcast.
WITH sent AS (
    UPDATE generations SET broadcast_at = clock_timestamp(), broadcast_answer = $4
    WHERE chain_id = $1 AND address = $2 AND tx_hash = $3
    RETURNING chain_id, address, nonce
)
UPDATE slots AS s SET state = 'broadcast', submitted_at = coalesce(s.submitted_at, clock_timestamp())
FROM sent
WHERE (s.chain_id, s.address, s.nonce) = (sent.chain_id, sent.address, sent.nonce)
    AND s.state = 'signed' AND $5

-- note_mined: Record the block a transaction is in.
UPDATE slots
SET state = 'mined', mined_tx_hash = $4, mined_block_number = $5, mined_block_hash = $6,
    foreign_since = NULL, submitted_at = coalesce(submitted_at, clock_timestamp())
WHERE chain_id = $1 AND address = $2 AND nonce = $3 AND state IN ('signed', 'broadcast')

-- insert_reorg: Record that a block with the transaction left the chain.
INSERT INTO reorgs (
    chain_id, address, nonce, reorg_index, tx_hash, block_number, block_hash, after_settlement
)
SELECT $1, $2, $3, count(*), $4, $5, $6, $7 FROM reorgs
WHERE chain_id = $1 AND address = $2 AND nonce = $3

-- unmine: Take a transaction back to the state it had before its block.
UPDATE slots SET state = 'broadcast', mined_tx_hash = NULL, mined_block_number = NULL, mined_block_hash = NULL
WHERE chain_id = $1 AND address = $2 AND nonce = $3

-- settle: Give a transaction its outcome, once.
UPDATE slots
SET state = $4, mined_tx_hash = $5, mined_block_number = $6, mined_block_hash = $7, amount_in = $8,
    amount_out = $9, gas_used = $10, effective_gas_price_wei = $11, reason = $12, detail = $13,
    fee_wei = $14, block_time = $15, transaction_index = $16, log_index = $17,
    submitted_at = coalesce(submitted_at, clock_timestamp()), settled_at = clock_timestamp()
WHERE chain_id = $1 AND address = $2 AND nonce = $3 AND settled_at IS NULL

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

-- correct_allowance: Keep what the chain says a spender may take, unless a nonce was given out since ($6).
INSERT INTO allowances (chain_id, address, token, spender, projected)
SELECT $1, $2, $3, $4, $5::numeric FROM wallets
WHERE chain_id = $1 AND address = $2 AND next_nonce = $6
FOR UPDATE
ON CONFLICT (chain_id, address, token, spender) DO UPDATE SET projected = EXCLUDED.projected

-- forget_allowance: Take it for unknown, so that the next swap approves anew.
UPDATE allowances SET projected = NULL WHERE chain_id = $1 AND address = $2 AND token = $3 AND spender = $4
