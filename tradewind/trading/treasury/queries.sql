-- Every statement of this package under its name: `-- name: what it is for`, then the statement.
-- Parameters 1 and 2 are chain id and address where a statement is about one wallet.

-- The turn to reconcile

-- take_turn: Take the turn to reconcile for $2 seconds, or keep it; no row while another process ($1) has it.
UPDATE wallet_turn SET holder = $1, held_until = clock_timestamp() + $2::float8 * interval '1 second'
WHERE id = 1 AND (holder = $1 OR held_until < clock_timestamp())
RETURNING 1

-- end_turn: Let another process reconcile; the next pass is due some time after this one.
UPDATE wallet_turn SET held_until = '-infinity', passed_at = clock_timestamp() WHERE id = 1 AND holder = $1

-- select_due: What tells whether a pass is due on chain $1: its age, the incarnation, requests, the newest settled nonces.
SELECT coalesce(extract(epoch FROM clock_timestamp() - nullif(t.passed_at, '-infinity'))::float8, 'infinity') AS age_seconds,
    coalesce((SELECT incarnation FROM writer), '') AS incarnation,
    EXISTS (SELECT FROM wallet_reports WHERE finished_at IS NULL) AS is_requested,
    EXISTS (
        SELECT FROM wallets AS w WHERE w.chain_id = $1 AND NOT EXISTS (
            SELECT FROM wallet_accounts AS a WHERE a.chain_id = w.chain_id AND a.address = w.address
        )
    ) AS is_unopened,
    ARRAY(
        SELECT (SELECT max(s.nonce) FROM slots AS s
            WHERE s.chain_id = a.chain_id AND s.address = a.address AND s.nonce >= a.checked_nonce
                AND s.settled_at IS NOT NULL)
        FROM wallet_accounts AS a WHERE a.chain_id = $1 ORDER BY a.address
    ) AS settled_nonces
FROM wallet_turn AS t WHERE t.id = 1

-- select_standing: When the wallets of a chain were last compared, and whether one is frozen by what nobody answers for.
SELECT a.wallet_id, extract(epoch FROM a.checked_at)::float8 AS checked_at, EXISTS (
        SELECT FROM wallet_drifts AS d WHERE d.chain_id = a.chain_id AND d.address = a.address
    ) AS is_frozen
FROM wallet_accounts AS a WHERE a.chain_id = $1

-- select_differences: What wallets of a chain hold more than their books say, by token.
SELECT a.wallet_id, b.currency, (b.chain - b.ledger)::float8 AS amount
FROM wallet_balances AS b JOIN wallet_accounts AS a USING (chain_id, address) WHERE b.chain_id = $1

-- Books

-- select_account: Where the books of a wallet stand.
SELECT a.chain_id, a.address, a.wallet_id, a.name, a.version, a.checked_nonce, a.checked_block_number, a.checked_block_hash,
    a.agreed_nonce, a.agreed_block_number
FROM wallet_accounts AS a WHERE a.chain_id = $1 AND a.address = $2

-- lock_account: The version of the books, which nobody changes until the commit.
SELECT version FROM wallet_accounts WHERE chain_id = $1 AND address = $2 FOR UPDATE

-- select_balances: What the books and the chain said when they were last compared.
SELECT token, currency, decimals, ledger, chain FROM wallet_balances WHERE chain_id = $1 AND address = $2 ORDER BY token

-- select_counted: The wallet's transactions from nonce $3 on below $4, as far as books are about them.
SELECT nonce, purpose, state, settled_at IS NOT NULL AS is_settled, mined_tx_hash, mined_block_number,
    coalesce(fee_wei, gas_used * effective_gas_price_wei) AS fee_wei, amount_in, amount_out,
    description #>> '{step,token_in}' AS token_in, description #>> '{step,token_out}' AS token_out, detail
FROM slots WHERE chain_id = $1 AND address = $2 AND nonce >= $3 AND nonce < $4 ORDER BY nonce

-- select_reorganised: Transactions that were mined again after they were settled, since not long ago.
SELECT s.nonce, s.purpose, s.state, true AS is_settled, s.mined_tx_hash, s.mined_block_number,
    coalesce(s.fee_wei, s.gas_used * s.effective_gas_price_wei) AS fee_wei, s.amount_in, s.amount_out,
    s.description #>> '{step,token_in}' AS token_in, s.description #>> '{step,token_out}' AS token_out, s.detail
FROM slots AS s
WHERE s.chain_id = $1 AND s.address = $2 AND s.settled_at IS NOT NULL AND s.nonce IN (
    SELECT r.nonce FROM reorgs AS r
    WHERE r.chain_id = $1 AND r.address = $2 AND r.after_settlement AND r.seen_at > clock_timestamp() - interval '1 day'
)
ORDER BY s.nonce LIMIT 256

-- select_allowances: What spenders may take, where no open transaction may change it.
SELECT a.token, a.spender, a.projected FROM allowances AS a
WHERE a.chain_id = $1 AND a.address = $2 AND a.projected IS NOT NULL AND NOT EXISTS (
    SELECT FROM slots AS s WHERE s.chain_id = $1 AND s.address = $2 AND s.settled_at IS NULL
) AND (SELECT next_nonce FROM wallets WHERE chain_id = $1 AND address = $2) = $3

-- select_booked: The transactions ($3) that explain a token already.
SELECT token, tx_hash FROM wallet_bookings WHERE chain_id = $1 AND address = $2 AND tx_hash = ANY($3::text[])

-- select_rebased: How much every token changed by itself within a day.
SELECT token, sum(abs(amount)) AS amount FROM wallet_bookings
WHERE chain_id = $1 AND address = $2 AND cause = 'REBASE' AND booked_at > clock_timestamp() - interval '1 day'
GROUP BY token

-- insert_account: Begin the books of a wallet, unless another process did.
INSERT INTO wallet_accounts (
    chain_id, address, wallet_id, name, opening, checked_nonce, checked_block_number, checked_block_hash, checked_at,
    agreed_nonce, agreed_block_number
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, clock_timestamp(), $6, $7)
ON CONFLICT DO NOTHING
RETURNING 1

-- move_account: Note that the books were compared in a block, and how far nothing is left to explain.
UPDATE wallet_accounts
SET version = version + 1, checked_nonce = $3, checked_block_number = $4, checked_block_hash = $5,
    checked_at = clock_timestamp(), agreed_nonce = $6, agreed_block_number = $7, skipped = NULL
WHERE chain_id = $1 AND address = $2

-- skip_account: Note why the wallet was not compared.
UPDATE wallet_accounts SET skipped = $3 WHERE chain_id = $1 AND address = $2

-- put_balances: Keep what books and chain say now.
INSERT INTO wallet_balances (chain_id, address, token, currency, decimals, ledger, chain)
SELECT $1, $2, b.* FROM unnest($3::text[], $4::text[], $5::integer[], $6::numeric[], $7::numeric[]) AS b
ON CONFLICT (chain_id, address, token) DO UPDATE
SET currency = EXCLUDED.currency, decimals = EXCLUDED.decimals, ledger = EXCLUDED.ledger, chain = EXCLUDED.chain

-- insert_bookings: Book what explains a difference.
INSERT INTO wallet_bookings (chain_id, address, booking_id, token, amount, cause, tx_hash, evidence, booked_by)
SELECT $1, $2, b.*, $9
FROM unnest($3::text[], $4::text[], $5::numeric[], $6::text[], $7::text[], $8::text[]) AS b

-- clear_drifts: Forget what the last reconciliation left open.
DELETE FROM wallet_drifts WHERE chain_id = $1 AND address = $2

-- insert_drifts: Keep what this one leaves open.
INSERT INTO wallet_drifts (chain_id, address, drift_index, token, currency, amount, cause, tx_hash, evidence)
SELECT $1, $2, d.*
FROM unnest($3::integer[], $4::text[], $5::text[], $6::numeric[], $7::text[], $8::text[], $9::text[]) AS d

-- select_capital: What portfolios together have of each token of chain $1, beside what their open claims may still spend: that may
-- have left a wallet before it is booked. What belongs to no portfolio counts for none.
SELECT b.token, min(b.symbol) AS symbol, sum(b.amount - c.claimed) AS capital
FROM balances AS b
CROSS JOIN LATERAL (
    SELECT coalesce(sum(greatest(coalesce(claim_amount - used_amount, b.amount), 0)), 0) AS claimed
    FROM allocations AS a
    WHERE a.portfolio_id = b.portfolio_id AND a.status = 'claimed' AND a.claim_token = b.token
) AS c
WHERE b.chain = $1 AND b.portfolio_id <> '_unallocated' AND b.amount > c.claimed
GROUP BY b.token

-- What was booked before the database was restored

-- is_followed: Return whether the books have all that the ledger says. It locks nothing.
SELECT t.followed_seq = w.last_global_seq FROM wallet_turn AS t CROSS JOIN writer AS w WHERE t.id = 1

-- lock_followed: Return up to where the books have what the ledger says, and where it ends. One process at a time follows.
SELECT t.followed_seq, w.last_global_seq FROM wallet_turn AS t CROSS JOIN writer AS w WHERE t.id = 1 FOR UPDATE OF t

-- select_told: Return the next events of these topics, up to $2, with the bytes they arrived as.
SELECT e.event_id, e.time, e.topic, e.correlation_id, e.causation_id, e.payload, e.version, e.sequence,
    e.instrument, e.portfolio, e.producer, e.global_seq, e.recorded_at, i.body, i.body_sha256
FROM events AS e JOIN event_index AS i USING (global_seq)
WHERE e.global_seq > $1 AND e.global_seq <= $2 AND e.topic = ANY($3::text[])
ORDER BY e.global_seq LIMIT $4

-- move_followed: Note up to where the books have what the ledger says.
UPDATE wallet_turn SET followed_seq = $1 WHERE id = 1

-- keep_report: Keep a report that the ledger has; no row where it is here, finished, with all it booked.
INSERT INTO wallet_reports AS r (report_id, threshold, event_id, event, finished_at)
VALUES ($1, $2, $3, $4, clock_timestamp())
ON CONFLICT (report_id) DO UPDATE SET event_id = EXCLUDED.event_id, event = EXCLUDED.event, finished_at = EXCLUDED.finished_at
WHERE r.finished_at IS NULL
RETURNING 1

-- follow_booking: Book what the ledger says, and expect it from now on; no row where it is booked, or the wallet has no books.
WITH account AS (
    UPDATE wallet_accounts SET version = version + 1
    WHERE wallet_id = $2 AND NOT EXISTS (SELECT FROM wallet_bookings WHERE booking_id = $1)
    RETURNING chain_id, address
), booked AS (
    INSERT INTO wallet_bookings (
        booking_id, chain_id, address, token, amount, cause, tx_hash, evidence, booked_by, booked_at
    )
    SELECT $1, chain_id, address, $3, $6::numeric, $7, $8, $9, $10, $11 FROM account
    ON CONFLICT DO NOTHING
    RETURNING chain_id, address, token, amount
)
INSERT INTO wallet_balances AS b (chain_id, address, token, currency, decimals, ledger, chain)
SELECT chain_id, address, token, $4, $5, amount, 0 FROM booked
ON CONFLICT (chain_id, address, token) DO UPDATE SET ledger = b.ledger + EXCLUDED.ledger
RETURNING 1

-- What only the chain knows

-- select_unproven: Return the halt because of lost history that is in force, and what is compared for it.
SELECT s.version, s.since, t.proof_version = s.version AS is_marked, t.proof_block
FROM trading_states AS s CROSS JOIN wallet_turn AS t
WHERE s.kind = 'history' AND s.name = '' AND s.state <> 'active' AND (s.until IS NULL OR s.until > clock_timestamp())
    AND t.id = 1

-- mark_proof: Note for which halt the wallets are compared, and from which block on that counts.
UPDATE wallet_turn SET proof_version = $1, proof_block = $2 WHERE id = 1 AND proof_version <> $1

-- select_unprovable: Return wallets that prove nothing: of another chain than $2, or with books that are no older than $1.
SELECT w.address FROM wallets AS w LEFT JOIN wallet_accounts AS a USING (chain_id, address)
WHERE w.chain_id <> $2 OR a.opened_at IS NULL OR a.opened_at >= $1
ORDER BY w.address

-- Reports

-- keep_request: Keep a request to reconcile and its event; the relay sends that if nobody else does.
WITH kept AS (
    INSERT INTO wallet_reports (report_id, requested_by, threshold, request) VALUES ($1, $2, $3, $4)
    ON CONFLICT (report_id) DO NOTHING RETURNING 1
)
INSERT INTO ingress (event_id, correlation_id, subject, body, request_sha256)
SELECT $5, $6, $7, $4, $8 FROM kept
ON CONFLICT (event_id) DO NOTHING

-- select_requests: Requests without a report, oldest first.
SELECT report_id, threshold, request FROM wallet_reports WHERE finished_at IS NULL ORDER BY requested_at LIMIT $1

-- finish_report: Keep the report that was asked for; no row when it has one.
UPDATE wallet_reports SET event_id = $2, event = $3, finished_at = clock_timestamp()
WHERE report_id = $1 AND finished_at IS NULL
RETURNING 1

-- insert_report: Keep a report that nobody asked for.
INSERT INTO wallet_reports (report_id, threshold, event_id, event, finished_at) VALUES ($1, $2, $3, $4, clock_timestamp())

-- select_report: The event of a report; null until there is one.
SELECT event FROM wallet_reports WHERE report_id = $1

-- select_reports: The events of finished reports, newest first, before $1 where that is given.
SELECT event FROM wallet_reports
WHERE finished_at IS NOT NULL AND ($1::text IS NULL OR report_id < $1) ORDER BY report_id DESC LIMIT $2

-- select_unrecorded: Reports that the ledger does not have as far as was seen.
SELECT event_id, event FROM wallet_reports
WHERE finished_at IS NOT NULL AND recorded_at IS NULL ORDER BY finished_at LIMIT $1

-- note_recorded: Note which of them it has.
UPDATE wallet_reports SET recorded_at = clock_timestamp() WHERE event_id = ANY($1::text[]) AND recorded_at IS NULL

-- Events

-- select_recorded: Those of some events that the ledger has.
SELECT event_id FROM event_index WHERE event_id = ANY($1::text[])

-- select_openings: The registrations of wallets.
SELECT opening FROM wallet_accounts WHERE chain_id = $1

-- select_untold: The settled transactions of wallets with books whose outcome may not be recorded, $2 a wallet at most.
SELECT a.wallet_id, s.* FROM wallet_accounts AS a CROSS JOIN LATERAL (
    SELECT o.chain_id, o.address, o.nonce, o.purpose, o.state, o.plan_id, o.step_index, o.description, o.mined_tx_hash,
        o.mined_block_number, o.mined_block_hash, o.amount_in, o.amount_out, o.gas_used, o.effective_gas_price_wei,
        o.fee_wei, o.block_time, o.transaction_index, o.reason, o.settled_at
    FROM slots AS o
    WHERE o.chain_id = a.chain_id AND o.address = a.address AND o.nonce >= a.told_nonce
    ORDER BY o.nonce LIMIT $2
) AS s
WHERE a.chain_id = $1
ORDER BY s.address, s.nonce

-- note_told: Note that the ledger has the outcomes of all transactions below a nonce.
UPDATE wallet_accounts SET told_nonce = $3 WHERE chain_id = $1 AND address = $2 AND told_nonce < $3

-- What an operator answers for

-- select_drifts: What froze a wallet and is not answered for.
SELECT d.token, d.currency, d.amount, d.cause, d.tx_hash, d.evidence, a.wallet_id
FROM wallet_drifts AS d JOIN wallet_accounts AS a USING (chain_id, address)
WHERE d.chain_id = $1 AND d.address = $2 ORDER BY d.drift_index

-- adjust_balance: Expect another amount of a token from now on.
UPDATE wallet_balances SET ledger = ledger + $4::numeric WHERE chain_id = $1 AND address = $2 AND token = $3

-- touch_account: Have a reconciliation that is under way decide again.
UPDATE wallet_accounts SET version = version + 1 WHERE chain_id = $1 AND address = $2

-- keep_event: Keep an event for the relay.
INSERT INTO ingress (event_id, correlation_id, subject, body, request_sha256) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (event_id) DO NOTHING

-- What the gateway shows

-- select_shown_wallets: Wallets with their books, after $1 where that is given.
SELECT a.chain_id, a.address, a.wallet_id, a.name, a.checked_block_number, a.checked_at, a.skipped,
    w.halted_reason, w.halted_at, w.next_nonce,
    (SELECT count(*) FROM slots AS s
        WHERE s.chain_id = a.chain_id AND s.address = a.address AND s.settled_at IS NULL) AS open_count
FROM wallet_accounts AS a JOIN wallets AS w USING (chain_id, address)
WHERE $1::text IS NULL OR a.wallet_id = $1
ORDER BY a.wallet_id LIMIT 64

-- select_shown_balances: What these wallets ($1) hold and should hold.
SELECT a.wallet_id, b.token, b.currency, b.decimals, b.ledger, b.chain
FROM wallet_balances AS b JOIN wallet_accounts AS a USING (chain_id, address)
WHERE a.wallet_id = ANY($1::text[]) ORDER BY a.wallet_id, b.token

-- select_shown_transactions: The transactions of a wallet below nonce $2 where that is given, highest first.
SELECT s.nonce, s.purpose, s.state, s.plan_id, s.step_index, s.mined_block_number, s.gas_used, s.effective_gas_price_wei,
    s.fee_wei, s.block_time, s.amount_in, s.amount_out, s.description, s.reason, s.created_at, s.settled_at,
    coalesce(s.mined_tx_hash, (
        SELECT g.tx_hash FROM generations AS g
        WHERE (g.chain_id, g.address, g.nonce) = (s.chain_id, s.address, s.nonce) ORDER BY g.generation DESC LIMIT 1
    )) AS tx_hash,
    e.correlation_id, e.portfolio
FROM wallet_accounts AS a
JOIN slots AS s USING (chain_id, address)
LEFT JOIN LATERAL (
    SELECT correlation_id, portfolio FROM events
    WHERE topic = 'exec.step_signed' AND payload ->> 'planId' = s.plan_id LIMIT 1
) AS e ON true
WHERE a.wallet_id = $1 AND ($2::bigint IS NULL OR s.nonce < $2)
ORDER BY s.nonce DESC LIMIT $3

-- select_shown_slots: The nonces of a wallet below $2 where that is given, highest first.
SELECT s.nonce, s.purpose, s.state, s.plan_id, s.step_index, s.deadline, s.created_at, s.submitted_at, s.settled_at,
    s.mined_tx_hash, s.mined_block_number, s.foreign_since, s.cancel_requested_at, s.cancel_requested_by, s.reason,
    s.detail, e.correlation_id, e.portfolio
FROM wallet_accounts AS a
JOIN slots AS s USING (chain_id, address)
LEFT JOIN LATERAL (
    SELECT correlation_id, portfolio FROM events
    WHERE topic = 'plan.created' AND payload ->> 'planId' = s.plan_id LIMIT 1
) AS e ON true
WHERE a.wallet_id = $1 AND ($2::bigint IS NULL OR s.nonce < $2)
ORDER BY s.nonce DESC LIMIT $3

-- select_shown_generations: What was signed for these nonces ($2) of a wallet, the first attempts of each first.
SELECT g.nonce, g.generation, g.purpose, g.tx_hash, g.gas_limit, g.max_fee_per_gas_wei,
    g.max_priority_fee_per_gas_wei, g.signed_at, g.broadcast_at
FROM wallet_accounts AS a
CROSS JOIN LATERAL (
    SELECT * FROM generations AS of_wallet
    WHERE of_wallet.chain_id = a.chain_id AND of_wallet.address = a.address AND of_wallet.nonce = ANY($2::bigint[])
        AND of_wallet.generation < 32
) AS g
WHERE a.wallet_id = $1
ORDER BY g.nonce DESC, g.generation
