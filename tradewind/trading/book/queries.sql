-- The statements of the book, each with a line `-- name: what it is for` above it.
-- Whoever changes a portfolio locks its row first and reads in a second statement: one statement that waits for a lock
-- reads the locked row again afterwards, and everything else as it was before it waited.

-- portfolio: The columns of a portfolio; other statements add a condition.
SELECT portfolio_id, version, day, day_notional_usd, epoch, last_sequence, opened_at, changed_seq, told_seq
FROM portfolios

-- select_portfolio: Return a portfolio's row.
{portfolio}
WHERE portfolio_id = $1

-- lock_portfolio: Lock a portfolio's row until the commit; no row when there is no such portfolio yet.
{select_portfolio}
FOR UPDATE

-- select_portfolios: Return the rows of several.
{portfolio}
WHERE portfolio_id = ANY($1::text[])

-- lock_portfolios: Lock several, in the order of their ids, so that no two who do so wait for each other.
{select_portfolios}
ORDER BY portfolio_id
FOR UPDATE

-- add_portfolios: Add those that are missing, in the order of their ids.
INSERT INTO portfolios (portfolio_id)
SELECT one FROM unnest($1::text[]) AS one ORDER BY one
ON CONFLICT DO NOTHING

-- observe: Return which database this is and how far ledger, stream and book go in it. OFFSET 0 has the function called once.
SELECT
    d.life AS server,
    w.incarnation, w.commits, w.last_global_seq, w.stream_created, w.stream_sequence, c.global_seq AS settled,
    w.fencing_token, w.life IN ('', d.life) AS is_noted
FROM writer AS w CROSS JOIN book_cursor AS c CROSS JOIN (SELECT database_life() AS life OFFSET 0) AS d

-- select_signing: Return the same, with those of some intents ($1) that have an open claim, and the trading states of scopes, by
-- kinds ($2) and names ($3).
SELECT o.*, ARRAY(SELECT intent_id FROM allocations WHERE intent_id = ANY((SELECT $1::text[])::text[]) AND status = 'claimed')
        AS claimed,
    ARRAY(SELECT states FROM (
{tradewind.trading.halts.states}
JOIN unnest($2::text[], $3::text[]) AS wanted (kind, name) USING (kind, name)
    ) AS states) AS states
FROM (
{observe}
) AS o

-- select_situation: Return the same, with the decision about an intent, and whether the ledger has something else than the
-- event $4 at its place $3, or what follows it.
SELECT o.*, a.intent_id IS NOT NULL AS is_decided, a.decision, EXISTS (
        SELECT FROM event_index WHERE correlation_id = $2 AND sequence >= $3 AND event_id <> $4
    ) AS is_recorded
FROM (
{observe}
) AS o
LEFT JOIN allocations AS a ON a.intent_id = $1

-- event_columns: The columns of recorded events, with the bytes they arrived as; other statements contain it.
e.event_id, e.time, e.topic, e.correlation_id, e.causation_id, e.payload, e.version, e.sequence,
    e.instrument, e.portfolio, e.producer, e.global_seq, e.recorded_at, i.body, i.body_sha256

-- events: Return recorded events; other statements begin with it.
SELECT
{event_columns}
FROM event_index AS i
JOIN events AS e USING (global_seq)

-- select_history_after: Return the recorded events of a history after an event, or in its place, as they arrived.
{events}
WHERE i.correlation_id = $1 AND i.sequence >= $2 AND i.event_id <> $3
ORDER BY i.sequence
LIMIT 16

-- open_claims: What each open claim may still spend; dollars rounded up to a millionth.
SELECT portfolio_id, intent_id, claim_token, greatest(claim_amount - used_amount, 0) AS amount,
    CASE WHEN coalesce(claim_amount, 0) = 0 THEN claim_usd
        ELSE ceil(claim_usd * greatest(claim_amount - used_amount, 0) / claim_amount * 1000000) / 1000000 END AS usd
FROM allocations
WHERE status = 'claimed'

-- lock_token: Let one portfolio at a time be decided by what all portfolios hold of a token.
SELECT pg_advisory_xact_lock(hashtextextended('total position ' || $1::text || ' ' || $2::text, 0))

-- select_total_position: Return what all portfolios hold of a token, and what open claims but that of an intent ($3) may still
-- bring of it.
SELECT coalesce((SELECT sum(amount) FROM balances WHERE chain = $1 AND token = $2), 0)
    + coalesce((
        SELECT sum(greatest(amount - received_amount, 0)) FROM allocations
        WHERE status = 'claimed' AND side = 'acquire' AND base_token = $2 AND intent_id <> $3
    ), 0)

-- select_wallets: Return the wallets, and whether an orchestrator watches one: it signs what is traded. First comes the one
-- that was watched last.
SELECT w.address, w.halted_reason, coalesce(n.watched_until > clock_timestamp(), false) AS is_watched
FROM wallets AS w
LEFT JOIN wallet_watches AS n USING (chain_id, address)
ORDER BY n.looked_at DESC NULLS LAST, w.registered_at DESC, w.address
LIMIT 64

-- select_grounds: Return the situation of an intent ($1 to $4), and of the same moment all else that its decision rests on: which
-- policy is in force, the request to cancel it, its portfolio ($5) and the accounts of that, what the portfolio's open claims but that of
-- an intent ($6) may still spend and bring by token, when the last intent of a pair, side and amount ($7 to $9) was approved, and
-- the trading states of scopes, by kinds ($10) and names ($11).
SELECT s.*,
    (SELECT head FROM (
{tradewind.trading.policy.select_head}
    ) AS head) AS policy,
    (SELECT asked FROM (
        SELECT cancellation_id, requested_by, requested_at FROM cancellations WHERE correlation_id = $2
    ) AS asked) AS cancellation,
    (SELECT state FROM accounts WHERE portfolio_id = $5) AS accounts,
    ARRAY(SELECT claimed FROM (
        SELECT claim_token, count(*)::integer, coalesce(sum(amount), 0), sum(usd)
        FROM (
{open_claims}
        ) AS claims
        WHERE portfolio_id = $5 AND intent_id <> $6
        GROUP BY claim_token
        ORDER BY claim_token
    ) AS claimed) AS claims,
    ARRAY(SELECT bought FROM (
        SELECT base_token, sum(greatest(amount - received_amount, 0))
        FROM allocations
        WHERE portfolio_id = $5 AND status = 'claimed' AND side = 'acquire' AND intent_id <> $6
        GROUP BY base_token
    ) AS bought) AS incoming,
    (SELECT max(decided_at) FROM allocations
        WHERE portfolio_id = $5 AND is_approval AND instrument = $7 AND side = $8 AND amount = $9 AND intent_id <> $6
    ) AS same_at,
    ARRAY(SELECT states FROM (
{tradewind.trading.halts.states}
JOIN unnest($10::text[], $11::text[]) AS wanted (kind, name) USING (kind, name)
    ) AS states) AS states,
    (SELECT portfolio FROM (
{portfolio}
WHERE portfolio_id = $5
    ) AS portfolio) AS portfolio
FROM (
{select_situation}
) AS s

-- count_approvals: Count the intents of a portfolio that were approved after $2, without an intent ($3).
SELECT count(*)::integer FROM allocations
WHERE portfolio_id = $1 AND is_approval AND decided_at > $2 AND intent_id <> $3

-- allocation_columns: The columns of a decision, in the order of its values.
intent_id, portfolio_id, strategy_id, instrument, side, base_token, amount, status, is_approval, decision, incarnation,
    book_version, day, decided_at, expires_at, ended_at, notional_usd, budget_usd, claim_token, claim_amount, claim_usd,
    used_amount, received_amount, released_amount

-- insert_allocations: Keep decisions, each with what it claims.
INSERT INTO allocations (
{allocation_columns}
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
    $23, $24)

-- select_budget: Return the day of an intent's claim, and what it takes of that day's budget.
SELECT day, budget_usd FROM allocations WHERE intent_id = $1

-- select_allocations: Return the decisions about some intents.
SELECT
{allocation_columns}
FROM allocations WHERE intent_id = ANY($1::text[])

-- change_allocation: Store what became of a claim. Only whoever has the turn to settle does, so that no lock is needed.
UPDATE allocations SET status = $2, is_approval = $3, ended_at = $4, budget_usd = $5, claim_amount = $6, claim_usd = $7,
    used_amount = $8, received_amount = $9, released_amount = $10
WHERE intent_id = $1

-- keep_decision: Keep a decision and the portfolio's next version; no row unless it is still the version that was decided on ($12)
-- and nobody else has its lock, for which this does not wait.
WITH free AS MATERIALIZED (
    SELECT portfolio_id FROM portfolios WHERE portfolio_id = $2 AND version = $12 FOR UPDATE SKIP LOCKED
), moved AS (
    UPDATE portfolios AS p SET version = p.version + 1, day = $25, day_notional_usd = $26
    FROM free WHERE p.portfolio_id = free.portfolio_id
    RETURNING p.portfolio_id
)
INSERT INTO allocations (
{allocation_columns}
)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24
FROM moved
RETURNING intent_id

-- change_portfolios: Lock portfolios ($1), in the order of their ids, and store their next versions, which changed at a place ($4). Their
-- budgets move ($2 and $3) from what they are by then. Return them, and whether an earlier change was not told.
WITH locked AS MATERIALIZED (
    SELECT portfolio_id, changed_seq > told_seq AS is_untold FROM portfolios
    WHERE portfolio_id = ANY($1::text[])
    ORDER BY portfolio_id
    FOR UPDATE
)
UPDATE portfolios AS p SET version = p.version + 1, day = greatest(p.day, moved.day),
    day_notional_usd = CASE WHEN moved.day > p.day THEN 0 ELSE p.day_notional_usd END
        + CASE WHEN moved.day >= p.day THEN moved.budget_usd ELSE 0 END,
    changed_seq = greatest(p.changed_seq, $4)
FROM locked
JOIN unnest($1::text[], $2::date[], $3::numeric[]) AS moved (portfolio_id, day, budget_usd) USING (portfolio_id)
WHERE p.portfolio_id = locked.portfolio_id
RETURNING p.portfolio_id, p.version, p.day, p.day_notional_usd, p.epoch, p.last_sequence, p.opened_at, p.changed_seq, p.told_seq,
    locked.is_untold

-- note_states: Note that all portfolios ($2), or these ($3), have something to tell since a place.
UPDATE portfolios SET changed_seq = greatest(changed_seq, $1) WHERE $2 OR portfolio_id = ANY($3::text[])

-- lock_cursor: Take the turn to settle, and return what `observe` does; no row while another process has it.
{observe}
FOR UPDATE OF c SKIP LOCKED

-- move_cursor: Store how far the ledger is settled.
UPDATE book_cursor SET global_seq = $1, settled_at = clock_timestamp() WHERE id = 1

-- select_places: Return the next of the ledger: where they are, and what they are of.
SELECT global_seq, topic, correlation_id FROM events WHERE global_seq > $1 ORDER BY global_seq LIMIT $2

-- select_at: Return the events at these places.
{events}
WHERE i.global_seq = ANY($1::bigint[])
ORDER BY i.global_seq

-- select_histories: Return some histories up to a place in the ledger, in its order. One history after the other is looked up:
-- a plan that is made while the ledger is small would else read all of it up to there.
SELECT
{event_columns}
FROM unnest((SELECT $1::text[])) AS wanted (correlation_id)
CROSS JOIN LATERAL (
    SELECT global_seq, body, body_sha256 FROM event_index
    WHERE correlation_id = wanted.correlation_id
    OFFSET 0
) AS i
CROSS JOIN LATERAL (SELECT * FROM events WHERE global_seq = i.global_seq LIMIT 1) AS e
WHERE i.global_seq <= $2
ORDER BY e.global_seq

-- strategies: The strategies that ever had an intent decided for a portfolio `p`, by name; other statements contain it. It goes from
-- one to the next by the index: a portfolio has few strategies, and any number of intents.
WITH RECURSIVE traded (strategy_id) AS (
    (SELECT strategy_id FROM allocations WHERE portfolio_id = p.portfolio_id ORDER BY strategy_id LIMIT 1)
    UNION ALL
    SELECT (
        SELECT a.strategy_id FROM allocations AS a
        WHERE a.portfolio_id = p.portfolio_id AND a.strategy_id > traded.strategy_id
        ORDER BY a.strategy_id LIMIT 1
    )
    FROM traded WHERE traded.strategy_id IS NOT NULL
)
SELECT strategy_id FROM traded WHERE strategy_id IS NOT NULL

-- select_strategies: Return the strategies of a portfolio ($1).
SELECT s.strategy_id
FROM (SELECT $1::text AS portfolio_id) AS p CROSS JOIN LATERAL (
{strategies}
LIMIT $2
) AS s
ORDER BY s.strategy_id

-- select_told: Return what there is to tell of portfolios ($1): their accounts, what they have reserved, what they have used of
-- the budget of a day each ($3), their strategies, and, the same for all, the trading states of scopes, by kinds ($4) and
-- names ($5). Out of subqueries the planner cannot count them, so that one plan does for all.
SELECT p.portfolio_id,
    (SELECT state FROM accounts AS k WHERE k.portfolio_id = p.portfolio_id) AS accounts,
    (SELECT coalesce(sum(claims.usd), 0) FROM (
{open_claims}
    ) AS claims WHERE claims.portfolio_id = p.portfolio_id) AS reserved,
    (SELECT coalesce(sum(budget_usd), 0) FROM allocations AS a
        WHERE a.portfolio_id = p.portfolio_id AND a.day = p.day AND a.status <> 'claimed') AS used,
    ARRAY(
{strategies}
LIMIT $2
    ) AS strategies,
    ARRAY(SELECT states FROM (
{tradewind.trading.halts.states}
JOIN unnest($4::text[], $5::text[]) AS wanted (kind, name) USING (kind, name)
    ) AS states) AS states
FROM unnest((SELECT $1::text[]), (SELECT $3::date[])) AS p (portfolio_id, day)

-- tell_portfolios: Keep events of portfolios' histories ($1 to $7) until the ledger has them, and note how far the histories of
-- portfolios ($8) go, and up to where they tell.
WITH kept AS (
    INSERT INTO portfolio_outbox (portfolio_id, epoch, sequence, event_id, correlation_id, subject, body)
    SELECT * FROM unnest($1::text[], $2::integer[], $3::integer[], $4::text[], $5::text[], $6::text[], $7::bytea[])
    ON CONFLICT DO NOTHING
)
UPDATE portfolios AS p SET epoch = one.epoch, last_sequence = one.last_sequence, opened_at = one.opened_at,
    told_seq = greatest(p.told_seq, one.told_seq)
FROM unnest($8::text[], $9::integer[], $10::integer[], $11::timestamptz[], $12::bigint[])
    AS one (portfolio_id, epoch, last_sequence, opened_at, told_seq)
WHERE p.portfolio_id = one.portfolio_id

-- follow_history: Note a recorded event of a portfolio's history, where it goes further than what we know of.
UPDATE portfolios SET epoch = $2, last_sequence = $3,
    opened_at = CASE WHEN epoch = $2 AND opened_at IS NOT NULL THEN opened_at ELSE $4 END
WHERE portfolio_id = $1 AND (epoch, last_sequence) < ($2::integer, $3::integer)

-- select_untold: Return portfolios that changed and were not told of, locked.
{portfolio}
WHERE changed_seq > told_seq
ORDER BY portfolio_id
LIMIT $1
FOR UPDATE SKIP LOCKED

-- select_time_at: Return when the event at a place happened; now where it is archived.
SELECT coalesce((SELECT time FROM events WHERE global_seq = $1), clock_timestamp())

-- forget_recorded: Forget what the ledger has.
DELETE FROM portfolio_outbox AS o WHERE (SELECT true FROM event_index AS i WHERE i.event_id = o.event_id)

-- take_due: Take the events that are due to be published, the oldest first; the next time they rest twice as long. What is
-- recorded waits to be forgotten.
UPDATE portfolio_outbox AS o
SET attempts = o.attempts + 1, publish_at = clock_timestamp() + $2::float8 * (1 << least(o.attempts, 6)) * interval '1 second'
FROM (
    SELECT portfolio_id, epoch, sequence FROM portfolio_outbox AS p
    WHERE publish_at <= clock_timestamp() AND NOT EXISTS (SELECT FROM event_index AS i WHERE i.event_id = p.event_id)
    ORDER BY portfolio_id, epoch, sequence
    LIMIT $1
    FOR UPDATE SKIP LOCKED
) AS due
WHERE (o.portfolio_id, o.epoch, o.sequence) = (due.portfolio_id, due.epoch, due.sequence)
RETURNING o.portfolio_id, o.epoch, o.sequence, o.event_id, o.correlation_id, o.subject, o.body, o.attempts

-- measure: Count open claims, those without an end $1 seconds after their intent expired, and events the ledger lacks.
SELECT count(*)::bigint AS claims,
    count(*) FILTER (WHERE expires_at < clock_timestamp() - $1::float8 * interval '1 second')::bigint AS overdue,
    coalesce(extract(epoch FROM clock_timestamp() - min(expires_at)), 0)::float8 AS oldest_overdue_seconds,
    (SELECT count(*) FROM portfolio_outbox)::bigint AS outbox
FROM allocations WHERE status = 'claimed'
