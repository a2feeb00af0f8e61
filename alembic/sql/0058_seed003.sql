-- The tables of seed 003, as views of the ledger: for reports and tools that know them. Nothing is written here.
CREATE SCHEMA seed003;

-- An id of the kind the seed has, always the same one for a name.
CREATE FUNCTION seed003.id_of(name text) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN md5(name)::uuid;

-- The content of a message as JSON; base64 where it is none.
CREATE FUNCTION seed003.content_of(body bytea) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN convert_from(body, 'UTF8')::jsonb;
EXCEPTION WHEN others THEN
    RETURN jsonb_build_object('base64', encode(body, 'base64'));
END
$$;

-- Dead letters of the roles that handle signals, with the history they are of.
CREATE VIEW seed003.letters AS
SELECT d.*, substring(
    encode(substring(body FROM 1 FOR 4096), 'escape') FROM '"correlationId"\s*:\s*"(signal-[0-9A-HJKMNP-TV-Z]{26})"'
) AS correlation_id
FROM dead_letters AS d
WHERE body IS NOT NULL AND (queue_group LIKE 'enricher%' OR queue_group LIKE 'evaluator%' OR queue_group LIKE 'desk%');

CREATE VIEW seed003.events AS
SELECT seed003.id_of(r.event_id) AS id,
    r.event_id,
    CASE WHEN i.idempotency_key NOT LIKE 'content:%' THEN i.idempotency_key END AS idempotency_key,
    s.signal ->> 'event_type' AS event_type,
    s.signal ->> 'symbol' AS symbol,
    s.signal ->> 'signal_direction' AS signal_direction,
    (s.signal ->> 'entry_price')::numeric AS entry_price,
    (s.signal ->> 'size')::numeric AS size,
    (s.signal ->> 'liquidation_price')::numeric AS liquidation_price,
    (s.signal ->> 'ts_utc')::timestamptz AS ts_utc,
    s.signal ->> 'source' AS source,
    CASE
        WHEN h.concluded_at IS NOT NULL THEN 'published'
        WHEN h.rejected_at IS NOT NULL THEN 'rejected'
        WHEN EXISTS (SELECT FROM seed003.letters AS d WHERE d.correlation_id = r.correlation_id AND d.state = 'open') THEN 'dlq'
        WHEN h.evaluated_at IS NOT NULL THEN 'evaluated'
        WHEN h.enriched_at IS NOT NULL THEN 'enriched'
        ELSE 'queued'
    END AS status,
    h.profile AS feature_profile,
    r.time AS received_at,
    h.enriched_at,
    h.evaluated_at,
    h.concluded_at AS published_at,
    s.signal AS raw_payload
FROM events AS r
CROSS JOIN LATERAL (SELECT r.payload #> '{terms,signal}' AS signal) AS s
CROSS JOIN LATERAL (
    SELECT min(time) FILTER (WHERE topic = 'signal.enriched') AS enriched_at,
        min(time) FILTER (WHERE topic = 'signal.rejected') AS rejected_at,
        min(time) FILTER (WHERE topic = 'signal.evaluated') AS evaluated_at,
        min(time) FILTER (WHERE topic = 'decision.concluded') AS concluded_at,
        min(payload ->> 'profileId') FILTER (WHERE topic = 'signal.enriched') AS profile
    FROM events WHERE correlation_id = r.correlation_id
) AS h
LEFT JOIN ingress AS i ON i.event_id = r.event_id
WHERE r.topic = 'signal.received';

CREATE VIEW seed003.enriched_events AS
SELECT seed003.id_of(e.event_id) AS id,
    r.event_id,
    e.payload ->> 'profileId' AS feature_profile,
    p.provider,
    NULL::text AS provider_version,
    jsonb_strip_nulls(jsonb_build_object(
        'mid_price', f.of -> 'mid_price', 'best_bid', f.of -> 'best_bid', 'best_ask', f.of -> 'best_ask',
        'spread_bps', f.of -> 'spread_bps', 'microprice', f.of -> 'microprice', 'mark_price', f.of -> 'mark_price',
        'oracle_price', f.of -> 'oracle_price', 'day_volume_usd', f.of -> 'day_volume_usd',
        'entry_drift_bps', f.of -> 'entry_drift_bps', 'imbalance', f.of -> 'imbalance'
    )) AS market_data,
    f.of -> 'frames' AS ta_data,
    jsonb_strip_nulls(jsonb_build_object('support', f.of -> 'support', 'resistance', f.of -> 'resistance')) AS levels_data,
    jsonb_strip_nulls(jsonb_build_object(
        'funding_hourly', f.of -> 'funding_hourly', 'open_interest', f.of -> 'open_interest',
        'open_interest_usd', f.of -> 'open_interest_usd', 'open_interest_change_24h', f.of -> 'open_interest_change_24h'
    )) AS derivs_data,
    e.payload #> '{inputs,limits}' AS constraints,
    jsonb_strip_nulls(jsonb_build_object('book', f.of -> 'book_at', 'context', f.of -> 'context_at')) || coalesce((
        SELECT jsonb_object_agg('candles_' || (frame ->> 'interval'), frame -> 'closed_at')
        FROM jsonb_array_elements(f.of -> 'frames') AS frame
    ), '{}') AS data_timestamps,
    f.of -> 'quality' AS quality_flags,
    f.of AS enriched_payload,
    (extract(epoch FROM e.time - r.time) * 1000)::integer AS enrichment_duration_ms
FROM events AS e
JOIN events AS r ON r.correlation_id = e.correlation_id AND r.topic = 'signal.received'
CROSS JOIN LATERAL (SELECT e.payload -> 'features' AS of) AS f
LEFT JOIN LATERAL (
    SELECT c.payload ->> 'provider' AS provider
    FROM events AS o
    JOIN events AS c ON c.correlation_id = 'instrument-' || (o.payload #>> '{candles,0,candles}')
    WHERE o.correlation_id = 'instrument-' || (e.payload #>> '{inputs,market}')
    LIMIT 1
) AS p ON true
WHERE e.topic = 'signal.enriched';

CREATE VIEW seed003.model_decisions AS
SELECT seed003.id_of(d.event_id) AS id,
    r.event_id,
    d.payload ->> 'model' AS model_name,
    d.payload ->> 'vendorModel' AS model_version,
    d.payload #>> '{prompt,version}' AS prompt_version,
    d.payload #>> '{prompt,sha256}' AS prompt_hash,
    d.payload #>> '{answer,decision}' AS decision,
    (d.payload #>> '{answer,confidence_pct}')::numeric / 100 AS confidence,
    d.payload #> '{answer,entry_plan}' AS entry_plan,
    d.payload #> '{answer,risk_plan}' AS risk_plan,
    (d.payload #>> '{answer,size_pct}')::numeric AS size_pct,
    d.payload #> '{answer,reasons}' AS reasons,
    d.payload AS decision_payload,
    (d.payload #>> '{usage,latency_ms}')::integer AS latency_ms,
    (d.payload #>> '{usage,tokens_in}')::integer AS tokens_in,
    (d.payload #>> '{usage,tokens_out}')::integer AS tokens_out,
    CASE
        WHEN s.status IN ('ok', 'timeout') THEN s.status
        WHEN s.status IN ('truncated', 'refused', 'oversized', 'invalid_json', 'invalid_schema', 'implausible') THEN 'invalid_json'
        ELSE 'provider_error'
    END AS status,
    nullif(s.status, 'ok') AS error_code,
    d.payload ->> 'detail' AS error_message,
    -- what a model said word for word is for those alone who may read it where it is kept
    CASE WHEN s.status <> 'ok' AND has_column_privilege(current_user, 'public.evaluations', 'answer', 'SELECT')
        THEN encode(a.answer, 'escape') END AS raw_response
FROM events AS d
JOIN events AS r ON r.correlation_id = d.correlation_id AND r.topic = 'signal.received'
CROSS JOIN LATERAL (SELECT d.payload ->> 'status' AS status) AS s
LEFT JOIN LATERAL (
    SELECT answer FROM evaluations
    WHERE signal_id = d.payload ->> 'signalId' AND model = d.payload ->> 'model' AND answer IS NOT NULL
    ORDER BY attempt DESC
    LIMIT 1
) AS a ON true
WHERE d.topic = 'decision.made';

CREATE VIEW seed003.processing_timeline AS
SELECT seed003.id_of('timeline-' || e.event_id) AS id,
    r.event_id,
    CASE e.topic
        WHEN 'signal.received' THEN 'enqueue'
        WHEN 'signal.enriched' THEN 'enrich'
        WHEN 'signal.rejected' THEN 'enrich'
        WHEN 'decision.concluded' THEN 'publish'
        ELSE 'evaluate'
    END AS stage,
    CASE e.topic
        WHEN 'signal.received' THEN 'queued'
        WHEN 'signal.enriched' THEN 'enriched'
        WHEN 'signal.rejected' THEN 'rejected'
        WHEN 'decision.concluded' THEN 'published'
        WHEN 'decision.made' THEN 'decided'
        ELSE 'evaluated'
    END AS status,
    e.time AS at,
    coalesce((extract(epoch FROM e.time - lag(e.time) OVER (PARTITION BY e.correlation_id ORDER BY e.sequence)) * 1000)::integer, 0)
        AS duration_ms,
    e.payload AS details
FROM events AS e
JOIN events AS r ON r.correlation_id = e.correlation_id AND r.topic = 'signal.received'
WHERE e.topic IN ('signal.received', 'signal.enriched', 'signal.rejected', 'signal.evaluated', 'decision.made', 'decision.concluded');

CREATE VIEW seed003.dlq_entries AS
SELECT seed003.id_of(d.dead_letter_id) AS id,
    r.event_id,
    CASE
        WHEN d.queue_group LIKE 'enricher%' THEN 'enrich'
        WHEN d.queue_group LIKE 'evaluator%' THEN 'evaluate'
        ELSE 'publish'
    END AS stage,
    d.reason AS reason_code,
    d.error AS error_message,
    seed003.content_of(d.body) AS payload,
    t.retries AS retry_count,
    t.last_at AS last_retry_at,
    CASE WHEN d.state = 'resolved' THEN d.changed_at END AS resolved_at,
    nullif(d.note, '') AS resolution_note
FROM seed003.letters AS d
LEFT JOIN events AS r ON r.correlation_id = d.correlation_id AND r.topic = 'signal.received'
CROSS JOIN LATERAL (
    SELECT count(*)::integer AS retries, max(requested_at) AS last_at
    FROM dead_letter_requests WHERE dead_letter_id = d.dead_letter_id AND action = 'retry'
) AS t;

GRANT USAGE ON SCHEMA seed003 TO tradewind_operator, tradewind_reader;
GRANT SELECT ON seed003.events, seed003.enriched_events, seed003.model_decisions, seed003.processing_timeline, seed003.dlq_entries
    TO tradewind_operator, tradewind_reader;
GRANT EXECUTE ON FUNCTION seed003.id_of(text), seed003.content_of(bytea) TO tradewind_operator, tradewind_reader;
