INSERT INTO quarantine (reason, detail, subject, stream_sequence, body, body_sha256)
SELECT *, sha256(body) FROM unnest(
    $1::text[], $2::text[], $3::text[], $4::bigint[], $5::bytea[]
) AS t (reason, detail, subject, stream_sequence, body)
ON CONFLICT (stream_sequence, body_sha256) DO NOTHING
