-- Every statement of this room under its name: `-- name: what it is for`, then the statement.

-- waits: Waits for a person, with the answers; other statements add a condition.
SELECT intent_id, portfolio_id, strategy_id, required, expires_at, approval_id, verdict, answered_by, note, answered_at,
    decision, recorded_at
FROM approvals

-- select_wait: Return the wait of an intent.
{waits}
WHERE intent_id = $1

-- lock_wait: Return the wait of an intent, which nobody answers until the commit.
{select_wait}
FOR UPDATE

-- select_portfolio_of: Return whose wait it is.
SELECT portfolio_id FROM approvals WHERE intent_id = $1

-- select_cancellation: Return who asked for an intent to be cancelled.
SELECT cancellation_id, requested_by, requested_at FROM cancellations WHERE correlation_id = $1

-- insert_wait: Begin a wait, unless the intent has one.
INSERT INTO approvals (intent_id, portfolio_id, strategy_id, required, required_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (intent_id) DO NOTHING

-- answer: Keep the answer to an intent that waits, with its event; no row where it does not wait any more.
WITH answered AS (
    UPDATE approvals SET approval_id = $2, verdict = $3, answered_by = $4, note = $5, answered_at = $6
    WHERE intent_id = $1 AND verdict IS NULL AND decision IS NULL AND recorded_at IS NULL AND expires_at > clock_timestamp()
    RETURNING approval_id
), kept AS (
    INSERT INTO ingress (event_id, correlation_id, subject, body, request_sha256)
    SELECT approval_id, $7, $8, $9, $10 FROM answered
    ON CONFLICT (event_id) DO NOTHING
)
SELECT approval_id FROM answered

-- follow_answers: Put recorded answers to these intents in place, where nothing followed from another one yet: the ledger is
-- right. It may have an answer before it has what was answered.
UPDATE approvals AS a SET approval_id = e.event_id, verdict = e.payload ->> 'verdict', answered_by = e.payload ->> 'answeredBy',
    note = e.payload ->> 'note', answered_at = e.time
FROM events AS e
WHERE a.intent_id = ANY($1::text[]) AND a.decision IS NULL AND a.recorded_at IS NULL
    AND e.correlation_id = 'approval-' || a.intent_id AND e.topic = 'risk.approval_answered'
    AND (a.verdict, a.answered_by, a.answered_at) IS DISTINCT FROM (e.payload ->> 'verdict', e.payload ->> 'answeredBy', e.time)

-- is_any_open: Return whether the ledger lacks an end of a wait among those of some intents.
SELECT EXISTS (SELECT FROM approvals WHERE intent_id = ANY($1::text[]) AND recorded_at IS NULL)

-- end_waits: Note that the ledger has what ended some waits.
UPDATE approvals SET recorded_at = clock_timestamp() WHERE intent_id = ANY($1::text[]) AND recorded_at IS NULL

-- select_due: Return waits that something ends: an answer, a request to cancel, or their time ($1). They are few.
SELECT intent_id FROM approvals AS a
WHERE recorded_at IS NULL AND decision IS NULL AND (
    verdict IS NOT NULL OR expires_at <= $1::timestamptz
    OR EXISTS (SELECT FROM cancellations AS c WHERE c.correlation_id = 'intent-' || a.intent_id)
)
ORDER BY required_at, intent_id
LIMIT $2

-- keep_end: Keep what ends a wait. It is published right away, and again at a time when the ledger may lack it.
UPDATE approvals SET decision = $2, publish_at = clock_timestamp() + $3::float8 * interval '1 second'
WHERE intent_id = $1 AND decision IS NULL

-- take_unrecorded: Take what ended waits and the ledger lacks; the next time it rests twice as long.
UPDATE approvals AS a SET attempts = a.attempts + 1,
    publish_at = clock_timestamp() + $2::float8 * (1 << least(a.attempts, 6)) * interval '1 second'
FROM (
    SELECT intent_id FROM approvals
    WHERE recorded_at IS NULL AND decision IS NOT NULL AND publish_at <= clock_timestamp()
    ORDER BY required_at, intent_id
    LIMIT $1
    FOR UPDATE SKIP LOCKED
) AS due
WHERE a.intent_id = due.intent_id
RETURNING a.required, a.decision, (SELECT fencing_token FROM writer) AS fencing_token

-- select_waiting: Return what waits, the newest first before an intent ($1), that somebody sees by portfolio and strategy.
{waits}
WHERE recorded_at IS NULL AND decision IS NULL AND ($1::text IS NULL OR intent_id < $1)
    AND ($3::text IS NULL OR portfolio_id = $3)
    AND ($4::text[] IS NULL OR portfolio_id LIKE ANY ($4)) AND ($5::text[] IS NULL OR strategy_id LIKE ANY ($5))
ORDER BY intent_id DESC
LIMIT $2

-- measure: Count what waits, with the age of the oldest in seconds, and what ended waits and the ledger lacks.
SELECT count(*) FILTER (WHERE decision IS NULL)::bigint AS waiting,
    coalesce(extract(epoch FROM clock_timestamp() - min(required_at) FILTER (WHERE decision IS NULL)), 0)::float8 AS oldest_seconds,
    count(*) FILTER (WHERE decision IS NOT NULL)::bigint AS unrecorded
FROM approvals WHERE recorded_at IS NULL
