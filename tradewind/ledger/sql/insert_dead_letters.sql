WITH incoming AS (
    SELECT * FROM unnest(
        $1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::integer[], $8::bytea[]
    ) AS t (dead_letter_id, queue_group, subject, stream_sequence, reason, error, attempts, body)
), stored AS (
    INSERT INTO dead_letters (
        dead_letter_id, queue_group, subject, stream_sequence, reason, error, attempts, body
    )
    SELECT * FROM incoming
    ON CONFLICT (dead_letter_id) DO UPDATE SET
        queue_group = EXCLUDED.queue_group, subject = EXCLUDED.subject,
        stream_sequence = EXCLUDED.stream_sequence, reason = EXCLUDED.reason, error = EXCLUDED.error,
        attempts = EXCLUDED.attempts, body = EXCLUDED.body
        WHERE dead_letters.body IS NULL
)
-- the same id with other bytes: a stream that began to count anew
INSERT INTO quarantine (reason, detail, subject, stream_sequence, body, body_sha256)
SELECT $9, 'dead letter ' || i.dead_letter_id || ' has other bytes already', i.subject,
    i.stream_sequence, i.body, sha256(i.body)
FROM incoming AS i
JOIN dead_letters AS d USING (dead_letter_id)
WHERE d.body <> i.body
ON CONFLICT (stream_sequence, body_sha256) DO NOTHING
