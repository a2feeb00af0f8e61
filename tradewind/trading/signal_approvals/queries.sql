-- Every statement of this room under its name: `-- name: what it is for`, then the statement.

-- waits: Signals that waited or wait for a person; other statements add a condition.
SELECT signal_id, portfolio_id, strategy_id, evaluated, arithmetic, required_at, expires_at, approval_id, verdict, answered_by, note,
    answered_at
FROM signal_approvals

-- select_wait: Return the wait of a signal.
{waits}
WHERE signal_id = $1

-- begin_wait: Begin the wait of a signal, unless it has one.
INSERT INTO signal_approvals (signal_id, portfolio_id, strategy_id, evaluated, arithmetic, required_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (signal_id) DO NOTHING

-- end_wait: Note that nobody answered in time; whoever answers from now on is too late.
UPDATE signal_approvals SET verdict = 'expired', answered_at = clock_timestamp() WHERE signal_id = $1 AND verdict IS NULL

-- answer: Keep the answer to a signal that waits, with its event; no row where it does not wait any more.
WITH answered AS (
    UPDATE signal_approvals SET approval_id = $2, verdict = $3, answered_by = $4, note = $5, answered_at = $6
    WHERE signal_id = $1 AND verdict IS NULL AND expires_at > clock_timestamp()
    RETURNING approval_id
), kept AS (
    INSERT INTO ingress (event_id, correlation_id, subject, body, request_sha256)
    SELECT approval_id, $7, $8, $9, $10 FROM answered
    ON CONFLICT (event_id) DO NOTHING
)
SELECT approval_id FROM answered

-- select_waiting: Return what waits, the newest first before a signal ($1), that somebody sees by portfolio and strategy.
{waits}
WHERE verdict IS NULL AND expires_at > clock_timestamp() AND ($1::text IS NULL OR signal_id < $1)
    AND ($3::text IS NULL OR portfolio_id = $3)
    AND ($4::text[] IS NULL OR portfolio_id LIKE ANY ($4)) AND ($5::text[] IS NULL OR strategy_id LIKE ANY ($5))
ORDER BY signal_id DESC
LIMIT $2
