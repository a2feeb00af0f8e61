SELECT dead_letter_id, state, note, queue_group, subject, stream_sequence, reason, error, attempts, body,
    recorded_at, changed_at
FROM dead_letters
WHERE body IS NOT NULL AND ($1::text IS NULL OR state = $1) AND ($2::text IS NULL OR dead_letter_id = $2)
ORDER BY recorded_at DESC, dead_letter_id DESC
LIMIT $3
