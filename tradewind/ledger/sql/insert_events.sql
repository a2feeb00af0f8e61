WITH incoming AS (
    SELECT * FROM unnest(
        $1::bigint[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::integer[],
        $8::integer[], $9::text[], $10::text[], $11::text[], $12::bytea[], $13::bytea[], $14::boolean[]
    ) AS t (
        global_seq, time, event_id, topic, correlation_id, causation_id, version,
        sequence, instrument, portfolio, producer, body, body_sha256, canonical
    )
), indexed AS (
    INSERT INTO event_index (event_id, correlation_id, sequence, body_sha256, global_seq, body)
    SELECT event_id, correlation_id, sequence, body_sha256, global_seq,
        CASE WHEN canonical THEN NULL ELSE body END
    FROM incoming
), heads AS (
    INSERT INTO correlation_head (correlation_id, last_sequence)
    SELECT correlation_id, max(sequence) FROM incoming GROUP BY correlation_id
    ON CONFLICT (correlation_id) DO UPDATE SET last_sequence = EXCLUDED.last_sequence
), position AS (
    UPDATE writer SET last_global_seq = (SELECT max(global_seq) FROM incoming) WHERE id = 1
)
INSERT INTO events (
    time, event_id, topic, correlation_id, causation_id, payload, version, sequence, instrument,
    portfolio, producer, global_seq
)
SELECT time, event_id, topic, correlation_id, causation_id,
    convert_from(body, 'UTF8')::jsonb -> 'payload', version, sequence, instrument,
    portfolio, producer, global_seq
FROM incoming
