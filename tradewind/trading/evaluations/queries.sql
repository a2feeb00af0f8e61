-- The statements about evaluations. Each has a line `-- name: what it is for` above it.

-- select_evaluations: Return every question about these signals, with the answers as far as there are any.
SELECT signal_id, model, attempt, place, role, vendor, vendor_model, prompt_version, prompt_sha256, request_sha256,
    claimed_at, claimed_by, deadline, status, detail, was_asked, answered_at, latency_ms, answer, answer_sha256,
    answer_bytes, tokens_in, tokens_cached, tokens_out, tokens_reasoning, cost_microusd, late_at, forgotten_at
FROM evaluations
WHERE signal_id = ANY ($1::text[])
ORDER BY signal_id, place, attempt

-- claim_evaluations: Claim all questions about a signal and reserve what they can cost; no row where they were claimed before.
WITH claimed AS (
    INSERT INTO evaluated_signals (signal_id, deadline) VALUES ($1, $2)
    ON CONFLICT (signal_id) DO NOTHING
    RETURNING signal_id
), asked AS MATERIALIZED (
    SELECT * FROM unnest(
        $6::text[], $7::smallint[], $8::text[], $9::text[], $10::text[], $11::text[], $12::bytea[], $13::bytea[],
        $14::boolean[], $15::bigint[], $16::integer[], $17::bigint[], $18::text[], $19::text[], $20::bytea[]
    ) AS t (
        model, place, role, vendor, vendor_model, prompt_version, prompt_sha256, request_sha256, is_counted,
        reserved_microusd, max_calls, max_microusd, status, detail, answer
    )
), reserved AS (
    INSERT INTO model_budgets AS b (model, day, calls, reserved_microusd, max_calls, max_microusd)
    SELECT a.model, $5::date, 1, a.reserved_microusd, a.max_calls, a.max_microusd
    FROM asked AS a, claimed
    WHERE a.is_counted AND a.status IS NULL AND a.reserved_microusd <= coalesce(a.max_microusd, a.reserved_microusd)
    ORDER BY a.model
    ON CONFLICT (model, day) DO UPDATE
    SET calls = b.calls + 1, reserved_microusd = b.reserved_microusd + EXCLUDED.reserved_microusd,
        max_calls = EXCLUDED.max_calls, max_microusd = EXCLUDED.max_microusd
    WHERE b.calls < coalesce(EXCLUDED.max_calls, b.calls + 1)
        AND (EXCLUDED.max_microusd IS NULL
            OR b.spent_microusd + b.reserved_microusd + EXCLUDED.reserved_microusd <= EXCLUDED.max_microusd)
    RETURNING model
)
INSERT INTO evaluations (
    signal_id, deadline, claimed_at, claimed_by, attempt, model, place, role, vendor, vendor_model, prompt_version,
    prompt_sha256, request_sha256, budget_day, reserved_microusd, status, detail, was_asked, answered_at, latency_ms,
    answer, answer_sha256, answer_bytes, cost_microusd
)
SELECT $1, $2, $3::timestamptz, $4, 1, a.model, a.place, a.role, a.vendor, a.vendor_model, a.prompt_version, a.prompt_sha256,
    a.request_sha256, CASE WHEN r.model IS NOT NULL THEN $5::date END,
    CASE WHEN r.model IS NOT NULL THEN a.reserved_microusd ELSE 0 END, o.status,
    CASE WHEN a.status IS NULL AND o.status IS NOT NULL THEN $21::text ELSE a.detail END,
    CASE WHEN o.status IS NOT NULL THEN false END, CASE WHEN o.status IS NOT NULL THEN $3::timestamptz END,
    CASE WHEN o.status IS NOT NULL THEN 0 END, a.answer, sha256(a.answer), octet_length(a.answer),
    CASE WHEN a.answer IS NOT NULL THEN 0 END
FROM asked AS a
CROSS JOIN claimed
LEFT JOIN reserved AS r USING (model)
CROSS JOIN LATERAL (
    SELECT coalesce(a.status, CASE WHEN a.is_counted AND r.model IS NULL THEN 'budget_exhausted' END) AS status
) AS o
RETURNING model, status

-- answer_evaluation: Keep the answer to a question that has none, and return what was reserved for it.
UPDATE evaluations
SET status = $4, detail = $5, was_asked = $6, answered_at = $7, latency_ms = $8, answer = $9, answer_sha256 = $10,
    answer_bytes = $11, vendor_request_id = $12, vendor_model_version = $13, tokens_in = $14, tokens_cached = $15,
    tokens_out = $16, tokens_reasoning = $17, cost_microusd = $18
WHERE signal_id = $1 AND model = $2 AND attempt = $3 AND status IS NULL
RETURNING budget_day, reserved_microusd

-- answer_late: Keep what came after the end of a question was told, beside that end.
UPDATE evaluations
SET late_at = $4, answer = $5, answer_sha256 = $6, answer_bytes = $7, vendor_request_id = $8, vendor_model_version = $9,
    tokens_in = $10, tokens_cached = $11, tokens_out = $12, tokens_reasoning = $13, cost_microusd = $14
WHERE signal_id = $1 AND model = $2 AND attempt = $3 AND status = 'timeout' AND late_at IS NULL
    AND answer_sha256 IS NULL
RETURNING model

-- settle_budget: Replace what was reserved by what was spent; a call that was not made does not count.
UPDATE model_budgets
SET reserved_microusd = greatest(reserved_microusd - $3, 0), spent_microusd = spent_microusd + $4,
    calls = greatest(calls - $5, 0)
WHERE model = $1 AND day = $2

-- count_second_call: Count a second attempt of a question whose reservation lasts; no row where no call is left.
UPDATE model_budgets SET calls = calls + 1
WHERE model = $1 AND day = $2 AND calls < coalesce(max_calls, calls + 1)
RETURNING model

-- claim_second_attempt: Claim the second attempt of a question, as the first one was claimed.
INSERT INTO evaluations (
    signal_id, model, attempt, place, role, vendor, vendor_model, prompt_version, prompt_sha256, request_sha256,
    claimed_at, claimed_by, deadline, reserved_microusd, budget_day
)
SELECT signal_id, model, 2, place, role, vendor, vendor_model, prompt_version, prompt_sha256, request_sha256,
    $3, $4, deadline, reserved_microusd, budget_day
FROM evaluations
WHERE signal_id = $1 AND model = $2 AND attempt = 1

-- end_lost: End the questions about a signal whose deadline is over; they may have been asked, so they cost what they can.
WITH lost AS (
    UPDATE evaluations
    SET status = 'timeout', detail = $3, answered_at = deadline,
        latency_ms = greatest(0, floor(extract(epoch FROM deadline - claimed_at) * 1000))::integer
    WHERE signal_id = $1 AND status IS NULL AND deadline <= $2
    RETURNING model, budget_day, reserved_microusd
)
UPDATE model_budgets AS b
SET reserved_microusd = greatest(b.reserved_microusd - lost.reserved_microusd, 0),
    spent_microusd = b.spent_microusd + lost.reserved_microusd
FROM lost
WHERE b.model = lost.model AND b.day = lost.budget_day

-- forget_answers: Forget the text of answers that are too old, the oldest first, and return how many.
WITH old AS (
    SELECT signal_id, model, attempt FROM evaluations
    WHERE answer_sha256 IS NOT NULL AND forgotten_at IS NULL AND answered_at < $1
    ORDER BY answered_at
    LIMIT $2
), forgotten AS (
    UPDATE evaluations AS e SET answer = NULL, forgotten_at = $3
    FROM old
    WHERE (e.signal_id, e.model, e.attempt) = (old.signal_id, old.model, old.attempt) AND e.forgotten_at IS NULL
    RETURNING 1
)
SELECT count(*) FROM forgotten

-- select_budgets: Return what models were asked on a day and what that cost.
SELECT model, calls, spent_microusd, reserved_microusd, max_calls, max_microusd FROM model_budgets
WHERE day = $1
ORDER BY model

-- select_calls: Return calls of models, the newest first before a place, without what was said.
SELECT signal_id, model, attempt, role, vendor, vendor_model, prompt_version, status, detail, was_asked, claimed_at, answered_at,
    latency_ms, tokens_in, tokens_cached, tokens_out, tokens_reasoning, cost_microusd
FROM evaluations
WHERE (claimed_at, signal_id || '~' || model || '~' || attempt) < ($1::timestamptz, $2::text)
    AND ($3::text IS NULL OR model = $3) AND ($4::text IS NULL OR status = $4)
    AND ($5::text IS NULL OR prompt_version = $5) AND ($6::text IS NULL OR signal_id = $6)
    AND ($7::timestamptz IS NULL OR claimed_at >= $7)
ORDER BY claimed_at DESC, signal_id || '~' || model || '~' || attempt DESC
LIMIT $8

-- summarise_calls: Count, add up and rank the calls of each model and prompt since a time.
WITH asked AS (
    SELECT * FROM evaluations WHERE claimed_at >= $1 AND ($2::text IS NULL OR model = $2)
), statuses AS (
    SELECT model, prompt_version, jsonb_object_agg(status, calls) AS by_status
    FROM (
        SELECT model, prompt_version, coalesce(status, 'unanswered') AS status, count(*) AS calls
        FROM asked GROUP BY 1, 2, 3
    ) AS counted
    GROUP BY 1, 2
)
SELECT model, prompt_version, max(vendor) AS vendor, max(vendor_model) AS vendor_model, max(role) AS role,
    count(*) AS calls, max(claimed_at) AS last_at, s.by_status::text AS by_status,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY latency_ms) AS latency_p50_ms,
    percentile_cont(0.95) WITHIN GROUP (ORDER BY latency_ms) AS latency_p95_ms,
    sum(tokens_in) AS tokens_in, sum(tokens_cached) AS tokens_cached, sum(tokens_out) AS tokens_out,
    sum(tokens_reasoning) AS tokens_reasoning, sum(cost_microusd) AS cost_microusd
FROM asked JOIN statuses AS s USING (model, prompt_version)
GROUP BY model, prompt_version, s.by_status
ORDER BY model, prompt_version

-- select_budgets_of_day: Return what models may cost and have cost on a day.
SELECT model, calls, spent_microusd, reserved_microusd, max_calls, max_microusd FROM model_budgets WHERE day = $1
ORDER BY model

-- select_raw_answer: Return what a model said word for word, in the attempt that counted.
SELECT answer, answer_sha256, answer_bytes, forgotten_at, vendor_request_id
FROM evaluations
WHERE signal_id = $1 AND model = $2 AND answer_sha256 IS NOT NULL
ORDER BY attempt DESC
LIMIT 1
