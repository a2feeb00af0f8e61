INSERT INTO parked (event_id, correlation_id, sequence, body, body_sha256, subject, stream_sequence)
SELECT * FROM unnest(
    $1::text[], $2::text[], $3::integer[], $4::bytea[], $5::bytea[], $6::text[], $7::bigint[]
)
