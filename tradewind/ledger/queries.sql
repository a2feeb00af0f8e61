-- The ledger's statements. Each has a line `-- name: what it is for` above it.
-- A line that is a name in braces is replaced by the statement of that name.

-- Appending

-- lock_writer: Lock the writer row until the transaction ends, and count the transaction.
UPDATE writer SET commits = commits + 1
WHERE id = 1
RETURNING incarnation, epoch, last_global_seq, commits, fencing_token, fenced_created, fenced_sequence,
    stream_created, stream_sequence

-- move_writer: Do as lock_writer, and store the stream position that the transaction reaches.
UPDATE writer SET commits = commits + 1, stream_created = $1,
    stream_sequence = CASE WHEN stream_created = $1 THEN greatest(stream_sequence, $2) ELSE $2 END
WHERE id = 1
RETURNING incarnation, epoch, last_global_seq, commits, fencing_token, fenced_created, fenced_sequence,
    stream_created, stream_sequence

-- select_known: Find the events of a batch that are recorded already.
SELECT event_id, body_sha256 FROM event_index WHERE event_id = ANY($1::text[])

-- select_heads: Find the last events of a batch's histories.
SELECT correlation_id, last_sequence, last_topic FROM correlation_head WHERE correlation_id = ANY($1::text[])

-- select_parked: Find the parked events of these histories, in the order they were parked.
SELECT event_id, subject, stream_sequence, body FROM parked WHERE correlation_id = ANY($1::text[])
ORDER BY parked_at, stream_sequence

-- insert_events: Append a batch in one round trip; no row when the writer row is another, or an event is parked ($15).
WITH position AS (
    UPDATE writer SET commits = commits + $9, last_global_seq = last_global_seq + cardinality($2::bytea[]),
        stream_sequence = greatest(stream_sequence, $14)
    WHERE id = 1 AND last_global_seq = $1::bigint AND incarnation = $6 AND epoch = $7 AND commits = $8
        AND fencing_token = $10 AND fenced_created = $11 AND fenced_sequence = $12 AND stream_created = $13
        AND NOT EXISTS (SELECT FROM parked WHERE correlation_id = ANY($15::text[]))
    RETURNING incarnation, epoch, last_global_seq, commits
), incoming AS MATERIALIZED (
    SELECT $1::bigint + place AS global_seq, convert_from(canonical, 'UTF8')::jsonb AS event,
        body_sha256, body
    FROM position CROSS JOIN unnest($2::bytea[], $3::bytea[], $4::bytea[])
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
), appended AS (
    INSERT INTO events (
        time, event_id, topic, correlation_id, causation_id, payload, version, sequence, instrument,
        portfolio, producer, global_seq
    )
    SELECT (event ->> 'timestamp')::timestamptz, event ->> 'eventId', event ->> 'topic',
        event ->> 'correlationId', event ->> 'causationId', event -> 'payload',
        (event ->> 'version')::integer, (event ->> 'sequence')::integer,
        event #>> '{key,instrument}', event #>> '{key,portfolio}', event ->> 'producer', global_seq
    FROM incoming
)
SELECT * FROM position

-- insert_parked: Store events that arrived before their predecessors.
INSERT INTO parked (event_id, correlation_id, sequence, body, body_sha256, subject, stream_sequence)
SELECT * FROM unnest(
    $1::text[], $2::text[], $3::integer[], $4::bytea[], $5::bytea[], $6::text[], $7::bigint[]
)

-- delete_parked: Delete parked events that are appended now.
DELETE FROM parked WHERE event_id = ANY($1::text[])

-- insert_quarantine: Store refused bytes, once for each stream sequence.
INSERT INTO quarantine (reason, detail, subject, stream_sequence, body, body_sha256)
SELECT *, sha256(body) FROM unnest(
    $1::text[], $2::text[], $3::text[], $4::bigint[], $5::bytea[]
) AS t (reason, detail, subject, stream_sequence, body)
ON CONFLICT (stream_sequence, body_sha256) DO NOTHING

-- insert_dead_letters: Store dead letters; a row that close_dead_letter wrote first gets its body here.
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

-- close_dead_letter: Set the state of a dead letter; the operator's event may come before the letter itself.
INSERT INTO dead_letters (dead_letter_id, state, note) VALUES ($1, $2, $3)
ON CONFLICT (dead_letter_id) DO UPDATE
SET state = EXCLUDED.state, note = EXCLUDED.note, changed_at = now()

-- Lease and incarnation

-- acquire_lease: Take a lapsed lease under a new epoch; no row while another holder has it.
UPDATE writer SET epoch = epoch + 1, holder = $1,
    lease_until = clock_timestamp() + $2::float8 * interval '1 second'
WHERE id = 1 AND lease_until < clock_timestamp()
RETURNING incarnation, epoch, last_global_seq, commits

-- renew_lease: Extend the lease; no row once another holder has a newer epoch.
UPDATE writer SET lease_until = clock_timestamp() + $2::float8 * interval '1 second'
WHERE id = 1 AND epoch = $1
RETURNING epoch

-- release_lease: Make the lease lapse now.
UPDATE writer SET lease_until = '-infinity' WHERE id = 1 AND epoch = $1

-- begin_incarnation: Give a restored database a name that sorts after its own and $2, even if the clock went back.
UPDATE writer SET
    incarnation = lpad(greatest(
        to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISSUS')::numeric,
        CASE WHEN $2 ~ '^\d{20}-' THEN substr($2, 1, 20)::numeric + 1 ELSE 0 END,
        CASE WHEN incarnation ~ '^\d{20}-' THEN substr(incarnation, 1, 20)::numeric + 1 ELSE 0 END
    )::text, 20, '0') || '-' || substr(md5(random()::text), 1, 8),
    stream_created = $3, stream_sequence = 0, life = database_life(),
    fencing_token = md5(random()::text || clock_timestamp()::text), fenced_created = $3, fenced_sequence = $4
WHERE id = 1 AND epoch = $1
RETURNING incarnation, epoch, last_global_seq, commits

-- begin_stream: Note from which stream the ledger is written from now on.
UPDATE writer SET stream_created = $2, stream_sequence = 0
WHERE id = 1 AND epoch = $1
RETURNING incarnation, epoch, last_global_seq, commits

-- skip_gap: Do so although something is missing between both; decisions beyond $3 need a new token.
UPDATE writer SET stream_created = $2, stream_sequence = 0, life = database_life(),
    fencing_token = md5(random()::text || clock_timestamp()::text), fenced_created = $2, fenced_sequence = $3
WHERE id = 1 AND epoch = $1
RETURNING incarnation, epoch, last_global_seq, commits

-- select_written: Return the stream position up to which the ledger has its events.
SELECT stream_created, stream_sequence FROM writer

-- select_life: Return whether this life of the database is noted, and whether any is.
SELECT life = database_life() AS is_noted, life <> '' AS is_any FROM writer

-- note_life: Note the life of the database for the first time: decisions without its token are taken, too.
UPDATE writer SET life = database_life(), fencing_token = md5(random()::text || clock_timestamp()::text)
WHERE id = 1 AND epoch = $1 AND life = ''
RETURNING incarnation, epoch, last_global_seq, commits

-- begin_life: Note another one; decisions beyond a place ($2, $3) need a new token.
UPDATE writer SET life = database_life(),
    fencing_token = md5(random()::text || clock_timestamp()::text), fenced_created = $2, fenced_sequence = $3
WHERE id = 1 AND epoch = $1
RETURNING incarnation, epoch, last_global_seq, commits

-- select_token: Return the fencing token, and up to which place in the stream decisions need none.
SELECT fencing_token, fenced_created, fenced_sequence FROM writer

-- Reading histories

-- events: Return recorded events with the bytes they arrived as; other statements begin with it.
SELECT e.event_id, e.time, e.topic, e.correlation_id, e.causation_id, e.payload, e.version, e.sequence,
    e.instrument, e.portfolio, e.producer, e.global_seq, e.recorded_at, i.body, i.body_sha256
FROM events AS e
JOIN event_index AS i USING (event_id)

-- select_history: Return a history after a sequence, up to an event of the ledger ($4).
{events}
WHERE e.correlation_id = $1 AND e.sequence > $2 AND e.global_seq <= $4 ORDER BY e.sequence LIMIT $3

-- select_histories: Return several histories, up to an event of the ledger ($2), in the order they were recorded.
{events}
WHERE e.correlation_id = ANY($1) AND e.global_seq <= $2 ORDER BY e.global_seq

-- select_page: Return several histories, one after the other.
{events}
WHERE e.correlation_id = ANY($1) ORDER BY e.correlation_id, e.sequence

-- select_selected: Return whole histories by id or range of times, page by page.
{events}
WHERE e.global_seq > $1 AND e.correlation_id IN (
    SELECT o.correlation_id FROM events AS o
    WHERE ($2::text IS NULL OR o.correlation_id = $2)
        AND ($3::timestamptz IS NULL OR o.recorded_at >= $3)
        AND ($4::timestamptz IS NULL OR o.recorded_at < $4)
)
ORDER BY e.global_seq
LIMIT $5

-- select_after: Return the events after a global_seq.
{events}
WHERE e.global_seq > $1 ORDER BY e.global_seq LIMIT $2

-- select_recording: Return which event is at a place, and when it was recorded.
SELECT event_id, recorded_at FROM events WHERE global_seq = $1

-- select_group: Return the events of some topics with one group key; :topics are literals, for the partial index.
{events}
WHERE :group_key = $1 AND e.topic IN (:topics) AND e.global_seq > $2 ORDER BY e.global_seq LIMIT $3

-- select_group_keys: Return every group key with an event of some topics; :topics are literals, for the partial index.
SELECT DISTINCT :group_key AS group_key FROM events WHERE topic IN (:topics) ORDER BY group_key

-- select_newest_epoch: Return the event that opened the newest epoch of a group key; :topics is a literal.
SELECT global_seq FROM events
WHERE :group_key = $1 AND topic IN (:topics)
ORDER BY (payload ->> 'epoch')::integer DESC
LIMIT 1

-- select_group_portfolios: Return the portfolios of the events of some topics with one group key; :topics are literals.
SELECT DISTINCT portfolio FROM events WHERE :group_key = $1 AND topic IN (:topics) ORDER BY portfolio

-- select_plan_correlation: Find the history of a plan.
SELECT correlation_id FROM events
WHERE topic = 'plan.created' AND payload ->> 'planId' = $1
ORDER BY global_seq
LIMIT 1

-- select_event_correlations: Return the histories of those of these events that are of a topic.
SELECT event_id, known.correlation_id FROM event_index AS known JOIN events USING (event_id, global_seq)
WHERE event_id = ANY($1::text[]) AND topic = $2

-- select_event_ids: Return ids of events of a topic below one of them, last name first; :topic is a literal.
SELECT event_id FROM events WHERE topic = ':topic' AND event_id < $1 ORDER BY event_id DESC LIMIT $2

-- select_correlations: Return the newest histories of a kind before one of them.
SELECT correlation_id FROM correlation_head
WHERE correlation_id >= $1 AND correlation_id < $2
ORDER BY correlation_id DESC
LIMIT $3

-- select_opened_by: Do the same for those opened by a payload with a value ($4); :topic and :path are literals.
SELECT correlation_id FROM events
WHERE topic = ':topic' AND payload #>> '{:path}' = $4 AND correlation_id >= $1 AND correlation_id < $2
ORDER BY correlation_id DESC
LIMIT $3

-- select_opened: Return those of these histories with an event of a topic whose payload names them under a key ($4).
SELECT DISTINCT correlation_id FROM events
WHERE correlation_id = ANY($1) AND topic = $2 AND ($4 = '' OR correlation_id = $3 || (payload ->> $4::text))

-- select_heads_after: Return the next histories in a range of correlation ids.
SELECT correlation_id, last_sequence
FROM correlation_head
WHERE correlation_id > $1 AND correlation_id < $2
ORDER BY correlation_id
LIMIT $3

-- select_middle_head: Return the history in the middle of a range of correlation ids.
WITH counted AS (
    SELECT count(*) AS histories
    FROM correlation_head
    WHERE correlation_id > $1 AND correlation_id < $2
)
SELECT correlation_id
FROM correlation_head
WHERE correlation_id > $1 AND correlation_id < $2
ORDER BY correlation_id
OFFSET (SELECT histories / 2 FROM counted)
LIMIT 1

-- Searching events; :direction is ASC or DESC

-- select_place_before: Return the last global_seq recorded before a time, by halves; what is archived was before.
WITH RECURSIVE search (low, high) AS (
    SELECT 0::bigint, last_global_seq + 1 FROM writer
    UNION ALL
    SELECT CASE WHEN is_before THEN middle ELSE low END, CASE WHEN is_before THEN high ELSE middle END
    FROM (SELECT low, high, (low + high) / 2 AS middle FROM search WHERE high - low > 1) AS halved
    CROSS JOIN LATERAL (
        SELECT coalesce((SELECT recorded_at < $1 FROM events WHERE global_seq = middle), true) AS is_before
    ) AS looked_up
)
SELECT low FROM search WHERE high - low = 1

-- select_places: Return the next places between two, whatever is there.
SELECT global_seq FROM events
WHERE global_seq > $1 AND global_seq < $2
ORDER BY global_seq :direction
LIMIT $3

-- select_places_of_topics: Do the same for some topics: a page of each, and the first of all of them.
SELECT place.global_seq
FROM unnest($4::text[]) AS wanted (topic)
CROSS JOIN LATERAL (
    SELECT global_seq FROM events AS e
    WHERE e.topic = wanted.topic AND global_seq > $1 AND global_seq < $2
    ORDER BY global_seq :direction
    LIMIT $3
) AS place
ORDER BY place.global_seq :direction
LIMIT $3

-- select_places_of_portfolio: Do the same for some topics of a portfolio.
SELECT place.global_seq
FROM unnest($4::text[]) AS wanted (topic)
CROSS JOIN LATERAL (
    SELECT global_seq FROM events AS e
    WHERE e.portfolio = $5 AND e.topic = wanted.topic AND global_seq > $1 AND global_seq < $2
    ORDER BY global_seq :direction
    LIMIT $3
) AS place
ORDER BY place.global_seq :direction
LIMIT $3

-- select_places_of_producer: Do the same for some topics of a producer.
SELECT place.global_seq
FROM unnest($4::text[]) AS wanted (topic)
CROSS JOIN LATERAL (
    SELECT global_seq FROM events AS e
    WHERE e.producer = $5 AND e.topic = wanted.topic AND global_seq > $1 AND global_seq < $2
    ORDER BY global_seq :direction
    LIMIT $3
) AS place
ORDER BY place.global_seq :direction
LIMIT $3

-- select_places_of_history: Do the same for one history; topics, portfolio and producer may be null.
SELECT global_seq FROM events
WHERE correlation_id = $4 AND global_seq > $1 AND global_seq < $2
    AND ($5::text[] IS NULL OR topic = ANY($5)) AND ($6::text IS NULL OR portfolio = $6)
    AND ($7::text IS NULL OR producer = $7)
ORDER BY global_seq :direction
LIMIT $3

-- select_places_of_strategy: Do the same for the fills of a strategy, by the index of its fills.
SELECT global_seq FROM events
WHERE coalesce(payload ->> 'strategyId', portfolio) = $4 AND topic = 'exec.step_filled'
    AND global_seq > $1 AND global_seq < $2
ORDER BY global_seq :direction
LIMIT $3

-- select_places_of_trade: Do the same for some topics of one history; :topics are literals.
SELECT global_seq FROM events
WHERE correlation_id = $4 AND topic IN (:topics) AND global_seq > $1 AND global_seq < $2
ORDER BY global_seq :direction
LIMIT $3

-- select_at: Return the events at these places.
{events}
WHERE e.global_seq = ANY($1::bigint[]) ORDER BY e.global_seq :direction

-- select_owners: Return strategy and portfolio of intents and signals, and of requests about them, among these histories.
SELECT correlation_id, coalesce(
    payload #>> '{intent,strategy_id}', payload #>> '{terms,strategy_id}', payload ->> 'strategyId'
) AS strategy_id, portfolio
FROM events
WHERE correlation_id = ANY($1) AND sequence = 1 AND topic IN (
    'intent.submitted', 'intent.cancel_requested', 'risk.approval_answered', 'signal.received', 'signal.marked',
    'signal.approval_answered'
)

-- Refusals and fills: of the next $3, those that fit. Up to the historian's mark they are found in its narrow rows, :kept, and
-- behind it in the ledger, :places. What both say is the same, wherever the mark is.

-- written_until: Return how far the historian's rows tell of this ledger: 0 where its mark is of another history.
SELECT coalesce(max(w.global_seq), 0) AS global_seq
FROM timeline.watermark AS w JOIN event_index AS i ON i.global_seq = w.global_seq AND i.event_id = w.event_id
WHERE w.id = 1

-- looked_at: Return the places that are looked at, with what each is filtered by; other statements begin with it.
WITH mark AS MATERIALIZED (
:mark
), looked_at AS MATERIALIZED (
    (
        SELECT global_seq, true AS is_whole, time, strategy_id, portfolio_id, instrument, stage, reason
        FROM timeline.trades
        WHERE :kept AND global_seq > $1 AND global_seq < $2 AND global_seq <= (SELECT m.global_seq FROM mark AS m)
        ORDER BY global_seq DESC
        LIMIT $3
    )
    UNION ALL
    (
        SELECT e.global_seq, e.topic <> 'exec.failed' OR e.payload ->> 'proof' IS NOT DISTINCT FROM 'not_submitted', e.time,
            o.strategy_id, e.portfolio, e.instrument, e.producer,
            CASE WHEN e.topic <> 'exec.step_filled' THEN coalesce(e.payload ->> 'reason', 'EXPIRED') END
        FROM (
:places
        ) AS place
        -- one by one: where a tenth of the ledger is looked at, it would else be read whole
        CROSS JOIN LATERAL (SELECT * FROM events WHERE global_seq = place.global_seq LIMIT 1) AS e
        LEFT JOIN LATERAL (
            SELECT payload #>> '{intent,strategy_id}' AS strategy_id FROM events
            WHERE $12::boolean AND correlation_id = e.correlation_id AND sequence = 1
            LIMIT 1
        ) AS o ON true
    )
    ORDER BY global_seq DESC
    LIMIT $3
), fitting AS (
    SELECT * FROM looked_at
    WHERE is_whole
        AND ($5::text IS NULL OR portfolio_id = $5) AND ($7::text IS NULL OR instrument = $7)
        AND ($8::text IS NULL OR reason = $8) AND ($9::text IS NULL OR strategy_id = $9)
        AND ($10::text[] IS NULL OR strategy_id LIKE ANY ($10))
        AND ($11::text[] IS NULL OR portfolio_id LIKE ANY ($11))
        AND ($13::text IS NULL OR stage = $13)
        AND ($14::text IS NULL OR right(instrument, length($14) + 1) = '-' || $14)
)

-- select_fitting: Return the newest $6 of them; every row has the last place that was looked at, and how many were.
{looked_at}
SELECT reached.global_seq AS reached, reached.places, found.global_seq
FROM (SELECT min(global_seq) AS global_seq, count(*) AS places FROM looked_at) AS reached
LEFT JOIN (SELECT global_seq FROM fitting ORDER BY global_seq DESC LIMIT $6) AS found ON true
ORDER BY found.global_seq DESC

-- select_reasons: Count them by their reasons; every row has how many places were looked at.
{looked_at}
SELECT counted.reason, counted.refusals, counted.last_at, last.correlation_id AS example,
    (SELECT count(*) FROM looked_at) AS places
FROM (
    SELECT reason, count(*) AS refusals, max(time) AS last_at, max(global_seq) AS last_seq
    FROM fitting
    GROUP BY reason
    ORDER BY refusals DESC, reason
    LIMIT $6
) AS counted
CROSS JOIN LATERAL (SELECT correlation_id FROM events WHERE global_seq = counted.last_seq LIMIT 1) AS last
ORDER BY refusals DESC, reason

-- select_intents_of: Return what was asked for in the histories of these events.
SELECT e.global_seq, o.payload ->> 'intent' AS intent
FROM unnest($1::bigint[]) AS place (global_seq)
CROSS JOIN LATERAL (SELECT * FROM events WHERE global_seq = place.global_seq LIMIT 1) AS e
CROSS JOIN LATERAL (
    SELECT payload FROM events WHERE correlation_id = e.correlation_id AND sequence = 1 LIMIT 1
) AS o

-- Counting intents; :intents is one of the first two statements here, or of the next two

-- newest_intents: Return the newest $3 intents between two histories.
SELECT correlation_id, last_topic, last_sequence, $4::text[] IS NULL AND $5::text[] IS NULL AS is_seen FROM correlation_head
WHERE correlation_id >= $1 AND correlation_id < $2
ORDER BY correlation_id DESC
LIMIT $3

-- newest_intents_of: Do the same, and say which of them are of these strategies ($4) and portfolios ($5), LIKE patterns.
SELECT h.correlation_id, h.last_topic, h.last_sequence,
    ($4::text[] IS NULL OR o.strategy_id LIKE ANY ($4)) AND ($5::text[] IS NULL OR o.portfolio LIKE ANY ($5)) AS is_seen
FROM (
{newest_intents}
) AS h
CROSS JOIN LATERAL (
    SELECT payload #>> '{intent,strategy_id}' AS strategy_id, portfolio FROM events
    WHERE correlation_id = h.correlation_id AND sequence = 1
    LIMIT 1
) AS o

-- open_intents: Return $3 intents at most that have not ended.
SELECT correlation_id, last_topic, last_sequence, $4::text[] IS NULL AND $5::text[] IS NULL AS is_seen FROM correlation_head
WHERE is_open AND correlation_id >= $1 AND correlation_id < $2
LIMIT $3

-- open_intents_of: Do the same, and say which of them are of these strategies ($4) and portfolios ($5), LIKE patterns.
SELECT h.correlation_id, h.last_topic, h.last_sequence,
    ($4::text[] IS NULL OR o.strategy_id LIKE ANY ($4)) AND ($5::text[] IS NULL OR o.portfolio LIKE ANY ($5)) AS is_seen
FROM (
{open_intents}
) AS h
CROSS JOIN LATERAL (
    SELECT payload #>> '{intent,strategy_id}' AS strategy_id, portfolio FROM events
    WHERE correlation_id = h.correlation_id AND sequence = 1
    LIMIT 1
) AS o

-- count_intents: Count intents by their last events, and by the range of ids ($6: where each begins) they are in.
SELECT width_bucket(correlation_id, $6::text[]) AS bucket, last_topic,
    count(*) FILTER (WHERE is_seen) AS intents, count(*) AS looked_at
FROM (
:intents
) AS found
GROUP BY 1, 2

-- count_open_intents: Count intents by their last events, and those of them whose step is at the venue.
SELECT last_topic, count(*) FILTER (WHERE is_seen) AS intents, count(*) AS looked_at,
    count(*) FILTER (WHERE is_seen AND (last_topic = ANY($6::text[]) OR is_filled_partly)) AS in_flight
FROM (
:intents
) AS found
LEFT JOIN LATERAL (
    SELECT payload ->> 'final' = 'false' AS is_filled_partly FROM events AS e
    WHERE found.last_topic = 'exec.step_filled' AND e.correlation_id = found.correlation_id
        AND e.sequence = found.last_sequence
    LIMIT 1
) AS fill ON true
GROUP BY last_topic

-- count_reasons: Count the reasons of the newest $7 of them whose last event has one of these topics ($6).
WITH ended AS MATERIALIZED (
    SELECT correlation_id, last_topic, last_sequence FROM (
:intents
    ) AS found
    WHERE is_seen AND last_topic = ANY($6::text[])
    ORDER BY correlation_id DESC
    LIMIT $7
)
SELECT last_topic, reason, count(*) AS intents, max(time) AS last_at, (SELECT count(*) FROM ended) AS looked_at
FROM ended
CROSS JOIN LATERAL (
    SELECT coalesce(e.payload ->> 'reason', upper(split_part(e.topic, '.', 2))) AS reason, e.time FROM events AS e
    WHERE e.correlation_id = ended.correlation_id AND e.sequence = ended.last_sequence
    LIMIT 1
) AS event
GROUP BY last_topic, reason
ORDER BY intents DESC, reason
LIMIT 100

-- time_stages: Time the newest $6 of them: how long the events of some topics ($7) took that end a stage ($8).
-- The stage `sample` counts the intents that were looked at, `completion` is from the first event to the settlement.
WITH sample AS MATERIALIZED (
    SELECT correlation_id FROM (
:intents
    ) AS found
    WHERE is_seen
    ORDER BY correlation_id DESC
    LIMIT $6
), timed AS (
    SELECT correlation_id, topic, event.time - lag(event.time) OVER history AS took,
        event.time - first_value(event.time) OVER history AS since_first
    FROM sample
    CROSS JOIN LATERAL (
        SELECT topic, sequence, time FROM events AS e WHERE e.correlation_id = sample.correlation_id LIMIT 200
    ) AS event
    WINDOW history AS (PARTITION BY correlation_id ORDER BY sequence)
), staged AS (
    SELECT s.stage, extract(epoch FROM sum(took)) AS seconds
    FROM timed
    JOIN unnest($7::text[], $8::text[]) AS s (topic, stage) USING (topic)
    GROUP BY correlation_id, s.stage
    UNION ALL
    SELECT 'completion', extract(epoch FROM since_first) FROM timed WHERE topic = 'exec.completed'
    UNION ALL
    SELECT 'sample', 0 FROM sample
)
SELECT stage, count(*) AS intents, percentile_cont(0.5) WITHIN GROUP (ORDER BY greatest(seconds, 0)::float8) AS p50,
    percentile_cont(0.95) WITHIN GROUP (ORDER BY greatest(seconds, 0)::float8) AS p95
FROM staged
GROUP BY stage

-- Graphs of histories

-- select_has_history: Return whether anything of this history is recorded.
SELECT EXISTS (SELECT FROM event_index WHERE correlation_id = $1)

-- select_history_of_event: Return the history of an event.
SELECT correlation_id FROM event_index WHERE event_id = $1

-- select_histories_between: Return the histories with names from the first on, before the second.
SELECT DISTINCT correlation_id FROM event_index WHERE correlation_id >= $1 AND correlation_id < $2 LIMIT 1000

-- select_plan_of_transaction: Return the plan that one of the wallet's transactions is of, whichever attempt it was.
SELECT s.plan_id FROM generations AS g JOIN slots AS s USING (chain_id, address, nonce) WHERE g.tx_hash = $1

-- select_history_of_transaction: Return the history in which a transaction was submitted.
SELECT correlation_id FROM events
WHERE topic = 'exec.step_submitted' AND payload ->> 'txHash' = $1
LIMIT 1

-- select_wallet_of_transaction: Return the wallet that signed a transaction, and the plan it was signed for.
SELECT g.chain_id, g.address, s.plan_id FROM generations AS g JOIN slots AS s USING (chain_id, address, nonce)
WHERE g.tx_hash = $1

-- select_strategies: Return the strategies that have submitted an intent, $1 at most, each found by the one before it.
WITH RECURSIVE named (strategy_id) AS (
    (
        SELECT payload #>> '{intent,strategy_id}' FROM events WHERE topic = 'intent.submitted'
        ORDER BY payload #>> '{intent,strategy_id}'
        LIMIT 1
    )
    UNION ALL
    SELECT (
        SELECT payload #>> '{intent,strategy_id}' FROM events
        WHERE topic = 'intent.submitted' AND payload #>> '{intent,strategy_id}' > named.strategy_id
        ORDER BY payload #>> '{intent,strategy_id}'
        LIMIT 1
    )
    FROM named
    WHERE named.strategy_id IS NOT NULL
)
SELECT strategy_id FROM named WHERE strategy_id IS NOT NULL LIMIT $1

-- select_strategies_of: Return the strategies for whose intents these portfolios ($2, LIKE patterns) were asked, $1 at most.
SELECT DISTINCT t.strategy_id
FROM portfolios AS p
CROSS JOIN LATERAL (
{tradewind.trading.book.strategies}
) AS t
WHERE p.portfolio_id LIKE ANY ($2::text[])
ORDER BY t.strategy_id
LIMIT $1

-- select_graph_events: Return the events of these histories, with the payloads of some topics ($2).
SELECT event_id, topic, correlation_id, causation_id, sequence, global_seq, time, recorded_at, producer, portfolio,
    CASE WHEN topic = ANY($2::text[]) THEN payload END AS payload
FROM events
WHERE correlation_id = ANY($1) ORDER BY global_seq LIMIT $3

-- select_causing_histories: Return the histories of these events.
SELECT DISTINCT correlation_id FROM event_index WHERE event_id = ANY($1::text[])

-- select_caused_histories: Return the histories whose first event was caused by one of these events.
SELECT DISTINCT correlation_id FROM events
WHERE causation_id = ANY($1::text[]) AND sequence = 1 AND causation_id <> correlation_id
ORDER BY correlation_id
LIMIT $2

-- select_linked_events: Return events that are linked with one of these, either way, and are none of them.
SELECT e.event_id, e.topic, e.correlation_id, e.causation_id, e.sequence, e.global_seq, e.time, e.recorded_at, e.producer,
    e.portfolio, NULL AS payload
FROM (
    SELECT effect_event_id AS event_id FROM timeline.links WHERE cause_event_id = ANY ($1::text[])
    UNION
    SELECT cause_event_id FROM timeline.links WHERE effect_event_id = ANY ($1::text[])
) AS linked
JOIN event_index AS i USING (event_id)
JOIN events AS e ON e.global_seq = i.global_seq
WHERE linked.event_id <> ALL ($1::text[])
ORDER BY e.global_seq
LIMIT $2

-- select_links: Return the links among these events.
SELECT cause_event_id, effect_event_id, kind FROM timeline.links
WHERE cause_event_id = ANY ($1::text[]) AND effect_event_id = ANY ($1::text[])
ORDER BY global_seq, cause_event_id, kind

-- select_decided_about: Return the decisions that are kept about these events.
SELECT cause_event_id, queue_group, decided_at, events FROM decided
WHERE cause_event_id = ANY($1::text[])
UNION ALL
-- the portfolio stage keeps its decisions with what they claim
SELECT kept.cause_event_id, 'portfolio.workers', a.decided_at, a.decision
FROM allocations AS a
CROSS JOIN LATERAL (
    SELECT split_part(convert_from(a.decision, 'UTF8'), E'\n', 1)::jsonb ->> 'causationId' AS cause_event_id
) AS kept
WHERE a.intent_id IN (SELECT substr(correlation_id, 8) FROM event_index WHERE event_id = ANY($1::text[]))
    AND kept.cause_event_id = ANY($1::text[])
UNION ALL
-- and what ended the wait for a person with the wait
SELECT ended.cause_event_id, 'portfolio.workers', ended.decided_at, w.decision
FROM approvals AS w
CROSS JOIN LATERAL (
    SELECT first ->> 'causationId' AS cause_event_id, (first ->> 'timestamp')::timestamptz AS decided_at
    FROM (SELECT split_part(convert_from(w.decision, 'UTF8'), E'\n', 1)::jsonb AS first) AS line
) AS ended
WHERE w.intent_id IN (SELECT substr(correlation_id, 8) FROM event_index WHERE event_id = ANY($1::text[]))
    AND ended.cause_event_id = ANY($1::text[])
ORDER BY 3, 1, 2

-- Parked events, quarantine, dead letters, stalled histories

-- select_waiting: Return parked events, oldest first, with the last recorded sequence of their history.
SELECT p.event_id, p.correlation_id, p.sequence, p.subject, p.stream_sequence, p.parked_at,
    clock_timestamp() - p.parked_at AS waiting, coalesce(h.last_sequence, 0) AS last_sequence
FROM parked AS p
LEFT JOIN correlation_head AS h USING (correlation_id)
WHERE (p.parked_at, p.event_id) > ($2, $3::text)
ORDER BY p.parked_at, p.event_id
LIMIT $1

-- correlation_named: Return the correlation that the beginning of some bytes names; other statements contain it.
substring(encode(substring(body FROM 1 FOR 4096), 'escape') FROM '"correlationId"\s*:\s*"([a-z]+-[A-Za-z0-9_-]{1,64})"')

-- select_quarantine: Return quarantined messages, newest first, with the bytes if it is one.
SELECT id, reason, detail, subject, stream_sequence, quarantined_at, length(body) AS size_bytes,
{correlation_named}
AS correlation_id, CASE WHEN $2::bigint IS NOT NULL THEN body END AS body
FROM quarantine
WHERE ($1::text IS NULL OR reason = $1) AND ($2::bigint IS NULL OR id = $2) AND id < $4
ORDER BY id DESC
LIMIT $3

-- select_dead_letter_page: Return dead letters that have arrived, newest first, with the bytes if it is one.
SELECT dead_letter_id, state, note, recorded_at, changed_at, queue_group, subject, stream_sequence, reason, error, attempts,
length(body) AS size_bytes,
{correlation_named}
AS correlation_id, CASE WHEN $2::text IS NOT NULL THEN body END AS body
FROM dead_letters
WHERE body IS NOT NULL AND ($1::text IS NULL OR state = $1) AND ($2::text IS NULL OR dead_letter_id = $2)
    AND (recorded_at, dead_letter_id) < ($4, $5::text)
ORDER BY recorded_at DESC, dead_letter_id DESC
LIMIT $3

-- request_dead_letter: Keep what an operator wants done; no row when the same was wanted before.
INSERT INTO dead_letter_requests (dead_letter_id, action, note, requested_by) VALUES ($1, $2, $3, $4)
ON CONFLICT DO NOTHING
RETURNING 1

-- select_dead_letter_requests: Return what was wanted of a dead letter.
SELECT action, note, requested_by, requested_at, done_at FROM dead_letter_requests
WHERE dead_letter_id = $1
ORDER BY requested_at

-- pending_dead_letter_requests: Return what is to be done, oldest first.
SELECT r.dead_letter_id, r.action, r.note, r.requested_by, r.requested_at, d.subject, d.body
FROM dead_letter_requests AS r
JOIN dead_letters AS d USING (dead_letter_id)
WHERE r.done_at IS NULL
ORDER BY r.requested_at
LIMIT $1

-- finish_dead_letter_request: Mark it as done.
UPDATE dead_letter_requests SET done_at = clock_timestamp() WHERE dead_letter_id = $1 AND action = $2

-- backlog_parked: Count parked events, $1 at most, and return the age of the oldest.
SELECT count(*)::bigint, coalesce(extract(epoch FROM clock_timestamp() - min(parked_at)), 0)::float8
FROM (SELECT parked_at FROM parked ORDER BY parked_at LIMIT $1) AS oldest

-- backlog_ingress: Do the same for accepted events. recorded_at is set late, so it also looks into the index.
SELECT count(*)::bigint, coalesce(extract(epoch FROM clock_timestamp() - min(received_at)), 0)::float8
FROM (
    SELECT event_id, received_at FROM ingress
    WHERE recorded_at IS NULL
        AND received_at < clock_timestamp() - $2::float8 * interval '1 second'
    ORDER BY received_at
    LIMIT $1
) AS oldest
WHERE NOT EXISTS (SELECT FROM event_index AS e WHERE e.event_id = oldest.event_id)

-- count_open_dead_letters: Count open dead letters, $1 at most, by queue group.
SELECT queue_group, count(*)::bigint
FROM (SELECT queue_group FROM dead_letters WHERE state = 'open' LIMIT $1) AS letters
GROUP BY queue_group

-- waits_in_its_queue: Whether a history waits for others for good reason: back-tests take turns; other statements contain it.
h.changed_at > clock_timestamp() - interval '1 hour'
AND (starts_with(h.correlation_id, 'backtest-') OR starts_with(h.correlation_id, 'sweep-'))

-- count_backlogs: Count parked events, refused messages, open dead letters and stalled histories, $1 of each at most.
SELECT
    (SELECT count(*) FROM (SELECT FROM parked LIMIT $1) AS p) AS parked,
    (SELECT coalesce(extract(epoch FROM clock_timestamp() - min(parked_at)), 0) FROM (
        SELECT parked_at FROM parked ORDER BY parked_at LIMIT 1
    ) AS o)::float8 AS oldest_parked_seconds,
    (SELECT count(*) FROM (SELECT FROM quarantine LIMIT $1) AS q) AS quarantined,
    (SELECT count(*) FROM (
        SELECT FROM dead_letters WHERE state = 'open' AND body IS NOT NULL LIMIT $1
    ) AS d) AS open_dead_letters,
    (SELECT count(*) FROM (
        SELECT FROM correlation_head AS h
        WHERE h.is_open AND h.changed_at < clock_timestamp() - $2::float8 * interval '1 second'
            AND NOT EXISTS (SELECT FROM imports AS i WHERE i.correlation_id = h.correlation_id)
            AND NOT EXISTS (
                SELECT FROM signal_approvals AS w WHERE w.verdict IS NULL AND w.expires_at > clock_timestamp()
                    AND 'signal-' || w.signal_id = h.correlation_id
            )
            AND NOT (
{waits_in_its_queue}
            )
        LIMIT $1
    ) AS s) AS stalled

-- open_histories: Count the open histories by their last event, and say since when the oldest stands; the oldest $1 of all.
SELECT last_topic, count(*)::bigint AS histories, min(changed_at) AS oldest_at
FROM (SELECT last_topic, changed_at FROM correlation_head WHERE is_open ORDER BY changed_at LIMIT $1) AS oldest
GROUP BY last_topic
ORDER BY oldest_at

-- select_recorded_age: Return how many seconds ago an event was recorded.
SELECT extract(epoch FROM clock_timestamp() - recorded_at)::float8 FROM events WHERE global_seq = $1

-- select_stalled: Return stalled histories; with $2, only those due, where each attempt doubles the wait.
SELECT h.correlation_id, h.last_sequence, h.last_topic, h.changed_at,
    coalesce(s.attempts, 0) AS attempts, s.swept_at, clock_timestamp() AS now
FROM correlation_head AS h
LEFT JOIN sweeps AS s ON s.correlation_id = h.correlation_id AND s.sequence = h.last_sequence
WHERE h.is_open AND h.changed_at < clock_timestamp() - $1::float8 * interval '1 second'
    AND (h.changed_at, h.correlation_id) > ($4, $5::text)
    AND NOT EXISTS (SELECT FROM imports AS i WHERE i.correlation_id = h.correlation_id)
    -- A signal that waits for a person stands still for good reason.
    AND NOT EXISTS (
        SELECT FROM signal_approvals AS w WHERE w.verdict IS NULL AND w.expires_at > clock_timestamp()
            AND 'signal-' || w.signal_id = h.correlation_id
    )
    AND NOT (
{waits_in_its_queue}
    )
    AND ($2::integer IS NULL OR (coalesce(s.attempts, 0) < $2 AND coalesce(
        s.swept_at < clock_timestamp() - $1::float8 * power(2, s.attempts) * interval '1 second', true
    )))
ORDER BY h.changed_at, h.correlation_id
LIMIT $3

-- select_holders: Return the last of these topics ($2) in each of these histories.
SELECT DISTINCT ON (correlation_id) correlation_id, topic FROM events
WHERE correlation_id = ANY($1) AND topic = ANY($2)
ORDER BY correlation_id, sequence DESC

-- note_sweep: Count a republication for a history; the count begins anew when the history has advanced.
INSERT INTO sweeps (correlation_id, sequence, attempts, swept_at)
VALUES ($1, $2, 1, clock_timestamp())
ON CONFLICT (correlation_id) DO UPDATE
SET attempts = CASE WHEN sweeps.sequence = EXCLUDED.sequence THEN sweeps.attempts + 1 ELSE 1 END,
    sequence = EXCLUDED.sequence, swept_at = EXCLUDED.swept_at

-- take_sweep_turn: Take the turn for a sweep; no row when another sweeper took it in this interval.
UPDATE sweeper SET swept_at = clock_timestamp()
WHERE id = 1 AND swept_at < clock_timestamp() - $1::float8 * interval '1 second'
RETURNING 1

-- Ingress journal

-- accept_ingress: Keep requests and their events, or find the earlier requests with their idempotency keys.
-- No row of one: its event expired before it could be kept. A key that is there already is found however late it is.
-- Two processes that keep the same keys want them in the same order, so that neither waits for the other forever.
INSERT INTO ingress AS i
    (event_id, correlation_id, subject, body, account, method, path, idempotency_key, request_sha256)
SELECT r.event_id, r.correlation_id, r.subject, r.body, r.account, r.method, r.path, r.idempotency_key, r.request_sha256
FROM unnest((SELECT $1::text[]), (SELECT $2::text[]), (SELECT $3::text[]), (SELECT $4::bytea[]), (SELECT $5::text[]),
    (SELECT $6::text[]), (SELECT $7::text[]), (SELECT $8::text[]), (SELECT $9::bytea[]), (SELECT $10::timestamptz[]))
    AS r (event_id, correlation_id, subject, body, account, method, path, idempotency_key, request_sha256, expires_at)
WHERE clock_timestamp() < r.expires_at OR (
    SELECT true FROM ingress AS e
    WHERE e.idempotency_key = r.idempotency_key AND e.account = r.account AND e.method = r.method AND e.path = r.path
)
ORDER BY r.idempotency_key, r.account, r.method, r.path
ON CONFLICT (idempotency_key, account, method, path) DO UPDATE SET repeats = i.repeats + 1
RETURNING event_id, account, method, path, idempotency_key, body, request_sha256

-- find_ingress: Return an event that is kept.
SELECT body FROM ingress WHERE event_id = $1

-- try_ingress: Take the lock and need the rights of an insert, in a session that may write, without a row.
INSERT INTO ingress (event_id, correlation_id, subject, body, idempotency_key, request_sha256)
SELECT '', '', '', '', NULL, '' WHERE false

-- note_relayed: Count a republication.
UPDATE ingress SET relayed = relayed + 1 WHERE event_id = $1

-- pending_ingress: Return accepted events that are due to be published again, oldest first.
-- The more often one was sent, the longer it rests: copies must not hold up a ledger that is behind.
SELECT i.event_id, i.correlation_id, i.subject, i.body, i.relayed
FROM ingress AS i
WHERE i.recorded_at IS NULL
    AND i.received_at < clock_timestamp() - $1::float8 * interval '1 second'
    AND i.received_at < clock_timestamp() - $1 * (1 << least(i.relayed, $3::int)) * interval '1 second'
ORDER BY i.received_at
LIMIT $2

-- settle_ingress: Mark those that the ledger has.
UPDATE ingress AS i SET recorded_at = clock_timestamp()
FROM event_index AS e
WHERE e.event_id = i.event_id AND i.recorded_at IS NULL
    AND i.received_at < clock_timestamp() - $1::float8 * interval '1 second'

-- forget_ingress: Delete the oldest of what the ledger has, once its idempotency key is that old.
DELETE FROM ingress WHERE event_id IN (
    SELECT event_id FROM ingress
    WHERE recorded_at IS NOT NULL
        AND received_at < clock_timestamp() - $1::float8 * interval '1 second'
    ORDER BY received_at
    LIMIT $2
    FOR UPDATE SKIP LOCKED
)

-- free_ingress_keys: Free the keys that are that old of what the ledger does not have; the events stay.
UPDATE ingress SET idempotency_key = NULL
WHERE recorded_at IS NULL AND idempotency_key IS NOT NULL
    AND received_at < clock_timestamp() - $1::float8 * interval '1 second'

-- Requests to cancel

-- close_gate_to_cancel: Wait for the signatures under way, and let none begin until the commit, as a halt does.
LOCK TABLE trading_gate IN SHARE ROW EXCLUSIVE MODE

-- accept_cancellation: Keep the request to cancel an intent, and its event; no row when there is one already.
WITH requested AS (
    INSERT INTO cancellations (correlation_id, cancellation_id, requested_by, requested_at)
    VALUES ($1, $2, $3, $4)
    ON CONFLICT (correlation_id) DO NOTHING
    RETURNING cancellation_id
)
INSERT INTO ingress (event_id, correlation_id, subject, body, request_sha256)
SELECT cancellation_id, $5, $6, $7, $8 FROM requested
ON CONFLICT (event_id) DO NOTHING
RETURNING event_id

-- keep_cancellation: Keep a request that the ledger has the event of.
INSERT INTO cancellations (correlation_id, cancellation_id, requested_by, requested_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (correlation_id) DO NOTHING

-- select_cancellations: Return the requests to cancel these intents, by a plan that is made once as well.
SELECT correlation_id, cancellation_id, requested_by, requested_at FROM cancellations
WHERE correlation_id = ANY((SELECT $1::text[])::text[])

-- Imported histories

-- mark_imports: Mark histories as imported, before they are recorded.
INSERT INTO imports (correlation_id, source) SELECT unnest($1::text[]), $2
ON CONFLICT (correlation_id) DO NOTHING

-- count_own_histories: Count the histories that were not imported.
SELECT count(*) FROM correlation_head AS h
WHERE NOT EXISTS (SELECT FROM imports AS i WHERE i.correlation_id = h.correlation_id)

-- Decisions

-- select_decisions: Return the decisions that are kept about these events by these queue groups. A plan for arrays out of
-- subqueries, which the planner cannot count, is made once; it costs as much as the statement to make one for each array.
SELECT d.cause_event_id, d.queue_group, d.events
FROM unnest((SELECT $1::text[]), (SELECT $2::text[])) AS asked (cause_event_id, queue_group)
JOIN decided AS d USING (cause_event_id, queue_group)

-- keep_decisions: Keep decisions where there is none yet; return the keys of those that are the first.
INSERT INTO decided (cause_event_id, queue_group, events)
SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[]) AS t (cause_event_id, queue_group, events)
ORDER BY cause_event_id, queue_group
ON CONFLICT DO NOTHING
RETURNING cause_event_id, queue_group
