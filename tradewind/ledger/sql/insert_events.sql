WITH incoming AS MATERIALIZED (
    SELECT $1::bigint + place AS global_seq, convert_from(canonical, 'UTF8')::jsonb AS event,
        body_sha256, body
    FROM unnest($2::bytea[], $3::bytea[], $4::bytea[])
        WITH ORDINALITY AS t (canonical, body_sha256, body, place)
), indexed AS (
    INSERT INTO event_index (event_id, correlation_id, sequence, body_sha256, global_seq, body)
    SELECT event ->> 'eventId', event ->> 'correlationId', (event ->> 'sequence')::integer,
        body_sha256, global_seq, body
    FROM incoming
), heads AS (
    INSERT INTO correlation_head (correlation_id, last_sequence, last_topic, is_open)
    SELECT DISTINCT ON (1) event ->> 'correlationId', (event ->> 'sequence')::integer,
        event ->> 'topic', event ->> 'topic' <> ALL ($5::text[])
    FROM incoming
    ORDER BY 1, 2 DESC
    ON CONFLICT (correlation_id) DO UPDATE SET last_sequence = EXCLUDED.last_sequence,
        last_topic = EXCLUDED.last_topic, is_open = EXCLUDED.is_open, changed_at = now()
), position AS (
    UPDATE writer SET last_global_seq = (SELECT max(global_seq) FROM incoming) WHERE id = 1
)
INSERT INTO events (
    time, event_id, topic, correlation_id, causation_id, payload, version, sequence, instrument,
    portfolio, producer, global_seq
)
SELECT (event ->> 'timestamp')::timestamptz, event ->> 'eventId', event ->> 'topic',
    event ->> 'correlationId', event ->> 'causationId', event -> 'payload',
    (event ->> 'version')::integer, (event ->> 'sequence')::integer,
    event #>> '{key,instrument}', event #>> '{key,portfolio}', event ->> 'producer', global_seq
FROM incoming
