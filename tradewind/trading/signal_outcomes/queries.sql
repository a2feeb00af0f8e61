-- Every statement of this room under its name: `-- name: what it is for`, then the statement.

-- take_turn: Be the process that marks, for $2 seconds and at least 80 % of them; no row while another one is. Return what there is to do at a time ($3).
WITH taken AS (
    UPDATE signal_marks_turn SET held_by = $1, held_until = clock_timestamp() + $2::float8 * interval '1 second'
    WHERE id = 1 AND (
        held_until < clock_timestamp()
        OR (held_by = $1 AND held_until < clock_timestamp() + 0.8 * $2::float8 * interval '1 second')
    )
    RETURNING id
)
SELECT t.followed_seq < w.last_global_seq AS has_news,
    EXISTS (SELECT FROM signal_marks WHERE body IS NULL AND due_at <= $3::timestamptz) AS is_due,
    EXISTS (
        SELECT FROM signal_marks WHERE body IS NOT NULL AND recorded_at IS NULL AND publish_at <= clock_timestamp()
    ) AS is_unrecorded
FROM signal_marks_turn AS t CROSS JOIN writer AS w
WHERE t.id = 1 AND (EXISTS (SELECT FROM taken) OR (t.held_by = $1 AND t.held_until > clock_timestamp()))

-- lock_followed: Return up to where the ledger was followed, and where it ends. One process at a time follows.
SELECT t.followed_seq, w.last_global_seq FROM signal_marks_turn AS t CROSS JOIN writer AS w WHERE t.id = 1 FOR UPDATE OF t

-- move_followed: Note up to where the ledger was followed.
UPDATE signal_marks_turn SET followed_seq = $1 WHERE id = 1

-- recorded: Recorded events, with the bytes they arrived as; other statements add a condition.
SELECT e.event_id, e.time, e.topic, e.correlation_id, e.causation_id, e.payload, e.version, e.sequence,
    e.instrument, e.portfolio, e.producer, e.global_seq, e.recorded_at, i.body, i.body_sha256
FROM events AS e JOIN event_index AS i USING (global_seq)

-- select_told: Return the next events of these topics, up to $2.
{recorded}
WHERE e.global_seq > $1 AND e.global_seq <= $2 AND e.topic = ANY($3::text[])
ORDER BY e.global_seq LIMIT $4

-- select_of_histories: Return the events of a topic ($2) in some histories.
{recorded}
WHERE e.correlation_id = ANY($1::text[]) AND e.topic = $2

-- plan_mark: Plan a mark, unless it is planned.
INSERT INTO signal_marks (signal_id, horizon_seconds, concluded_event_id, strategy_id, instrument, portfolio, coin, direction,
    decided_at, decided_mid, costs, due_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT (signal_id, horizon_seconds) DO NOTHING

-- follow_mark: Take over a mark that the ledger has; it is right, whatever was kept here.
UPDATE signal_marks SET body = $3, marked_mid = $4, signed_return = $5, followed_paid = $6, recorded_at = clock_timestamp()
WHERE signal_id = $1 AND horizon_seconds = $2 AND recorded_at IS NULL

-- select_due: Return what is to be marked by now ($1), the longest due first.
SELECT signal_id, horizon_seconds, concluded_event_id, strategy_id, instrument, portfolio, coin, direction, decided_at,
    decided_mid, costs, due_at
FROM signal_marks WHERE body IS NULL AND due_at <= $1::timestamptz
ORDER BY due_at, signal_id LIMIT $2

-- select_shown: Return the marks of a signal.
SELECT horizon_seconds, due_at, decided_mid, costs, marked_mid, signed_return, followed_paid,
    body IS NOT NULL AND marked_mid IS NULL AS is_missed
FROM signal_marks WHERE signal_id = $1 ORDER BY horizon_seconds

-- keep_mark: Keep a mark, unless there is one; it is published right away, and again when the ledger may lack it.
UPDATE signal_marks SET body = $3, marked_mid = $4, signed_return = $5, followed_paid = $6,
    publish_at = clock_timestamp() + $7::float8 * interval '1 second'
WHERE signal_id = $1 AND horizon_seconds = $2 AND body IS NULL
RETURNING signal_id

-- take_unrecorded: Take marks that the ledger lacks; the next time each rests twice as long.
UPDATE signal_marks AS m SET attempts = m.attempts + 1,
    publish_at = clock_timestamp() + $2::float8 * (1 << least(m.attempts, 6)) * interval '1 second'
FROM (
    SELECT signal_id, horizon_seconds FROM signal_marks
    WHERE body IS NOT NULL AND recorded_at IS NULL AND publish_at <= clock_timestamp()
    ORDER BY publish_at LIMIT $1
    FOR UPDATE SKIP LOCKED
) AS due
WHERE m.signal_id = due.signal_id AND m.horizon_seconds = due.horizon_seconds
RETURNING m.body

-- measure: Count the marks whose time has come ($1) and those that the ledger lacks.
SELECT count(*) FILTER (WHERE body IS NULL AND due_at <= $1::timestamptz)::bigint AS due,
    count(*) FILTER (WHERE body IS NOT NULL)::bigint AS unrecorded
FROM signal_marks WHERE (body IS NULL AND due_at <= $1::timestamptz) OR (body IS NOT NULL AND recorded_at IS NULL)

-- select_outcomes: Count what models held for likely, and what happened: by model, prompt, horizon, answer and confidence. Answers only.
SELECT e.payload ->> 'model' AS model, e.payload #>> '{prompt,version}' AS prompt_version, m.horizon_seconds,
    e.payload #>> '{answer,decision}' AS decision, (e.payload #>> '{answer,confidence_pct}')::integer AS confidence_pct,
    m.followed_paid, count(*)::bigint AS outcomes, max(e.time) AS last_at
FROM signal_marks AS m
JOIN events AS e ON e.correlation_id = 'signal-' || m.signal_id AND e.topic = 'decision.made'
WHERE m.followed_paid IS NOT NULL AND e.payload ->> 'status' = 'ok' AND ($1::timestamptz IS NULL OR m.decided_at >= $1)
GROUP BY 1, 2, 3, 4, 5, 6

-- select_tables: Return the newest table of every model and prompt, for a horizon.
SELECT DISTINCT ON (model, prompt_version) body FROM calibration_tables WHERE horizon_seconds = $1
ORDER BY model, prompt_version, version DESC

-- keep_table: Keep the next version of a table; return which it is.
INSERT INTO calibration_tables (model, prompt_version, horizon_seconds, version, outcomes, body, made_by)
VALUES ($1, $2, $3, $4, $5, $6, $7)

-- next_version: Return the version that the next table of a model and a prompt gets.
SELECT coalesce(max(version), 0) + 1 FROM calibration_tables WHERE model = $1 AND prompt_version = $2 AND horizon_seconds = $3

-- select_retro_outcomes: Count the same of what models said of signals of the past, asked by prompts of a later time.
SELECT r.model, r.prompt_version, m.horizon_seconds, r.decision, r.confidence_pct, m.followed_paid,
    count(*)::bigint AS outcomes, max(r.asked_at) AS last_at
FROM signal_marks AS m JOIN retro_evaluations AS r USING (signal_id)
WHERE m.followed_paid IS NOT NULL AND r.status = 'ok' AND ($1::timestamptz IS NULL OR m.decided_at >= $1)
GROUP BY 1, 2, 3, 4, 5, 6

-- select_retro: Return what was asked of these signals before.
SELECT signal_id, model, request_sha256 FROM retro_evaluations WHERE signal_id = ANY($1::text[])

-- keep_retro: Keep a question of today about a signal of the past, with its answer.
INSERT INTO retro_evaluations (signal_id, model, prompt_version, prompt_sha256, request_sha256, asked_at, asked_by, status, detail,
    latency_ms, answer, decision, confidence_pct, tokens_in, tokens_out, cost_microusd)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
ON CONFLICT (signal_id, model, request_sha256) DO NOTHING
