SELECT id, reason, detail, subject, stream_sequence, body, quarantined_at
FROM quarantine
WHERE ($1::text IS NULL OR reason = $1) AND ($2::bigint IS NULL OR id = $2)
ORDER BY id DESC
LIMIT $3
