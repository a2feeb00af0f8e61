-- select_slice: Return a slice that is done.
SELECT number, bars, trades, state, signals_sha256, rows_sha256, is_last, elapsed_ms, bytes
FROM backtest.slices WHERE run_id = $1 AND number = $2

-- keep_slice: Keep a slice unless it is kept; return its number where it was not.
INSERT INTO backtest.slices (
    run_id, number, bars, trades, state, signals_sha256, rows_sha256, is_last, elapsed_ms, bytes
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT DO NOTHING
RETURNING number

-- keep_trades: Keep trades of a slice, from a JSON array of rows.
INSERT INTO backtest.trades (run_id, number, at, instrument, side, outcome, document, record)
SELECT $1, t.number, t.at, t.instrument, t.side, t.outcome, t.document, t.record
FROM json_to_recordset($2::json) AS t(
    number integer, at timestamptz, instrument text, side text, outcome text, document text, record text
)
ON CONFLICT DO NOTHING

-- keep_equity: Keep the curve of a slice.
INSERT INTO backtest.equity (run_id, slice, points, rows) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING

-- select_spent: Return how long the slices of a run took together, in milliseconds.
SELECT coalesce(sum(elapsed_ms), 0)::bigint FROM backtest.slices WHERE run_id = $1

-- select_equity: Return the curve of a run, an array of points a slice.
SELECT points FROM backtest.equity WHERE run_id = $1 ORDER BY slice

-- select_rows: Return what the results of a run are made of, an array a slice.
SELECT rows FROM backtest.equity WHERE run_id = $1 ORDER BY slice

-- select_records: Return what the engine recorded of some trades, in order.
SELECT record FROM backtest.trades WHERE run_id = $1 AND number = ANY($2::integer[]) AND record IS NOT NULL ORDER BY number

-- keep_run: Keep a run that is taken up unless it is kept.
INSERT INTO backtest.runs (run_id, sweep_id, manifest_sha256, manifest, requested_at)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING

-- select_run: Return a run that was taken up.
SELECT run_id, sweep_id, manifest_sha256, manifest, requested_at FROM backtest.runs WHERE run_id = $1

-- keep_end: Keep how a run ended unless that is kept.
INSERT INTO backtest.results (
    run_id, outcome, sweep_id, manifest_sha256, reason, detail, at, requested_by, results, result_sha256, bars
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT DO NOTHING

-- select_end: Return how a run ended.
SELECT run_id, outcome, sweep_id, manifest_sha256, reason, detail, at, requested_by, results, result_sha256, bars, ended_at
FROM backtest.results WHERE run_id = $1

-- select_ends: Return how some runs ended.
SELECT run_id, outcome, sweep_id, manifest_sha256, reason, detail, at, requested_by, results, result_sha256, bars, ended_at
FROM backtest.results WHERE run_id = ANY($1::text[])

-- select_same: Return the newest completed run of a manifest.
SELECT run_id FROM backtest.results
WHERE manifest_sha256 = $1 AND outcome = 'completed'
ORDER BY ended_at DESC LIMIT 1

-- select_cancel: Return who asked for a run to stop.
SELECT coalesce(requested_by, '') FROM backtest.cancel_requests WHERE run_id = $1

-- request_cancel: Ask for runs to stop; who asked before is remembered.
INSERT INTO backtest.cancel_requests (run_id, requested_by)
SELECT run_id, $2 FROM unnest($1::text[]) AS run_id
ON CONFLICT DO NOTHING

-- select_expired: Return whether the rows of a run were removed.
SELECT EXISTS (SELECT FROM backtest.expired WHERE run_id = $1)

-- select_trades_up: Return a page of trades after a number, ascending.
SELECT number, document, record FROM backtest.trades
WHERE run_id = $1 AND number > $2
    AND ($3::text IS NULL OR side = $3) AND ($4::text IS NULL OR instrument = $4) AND ($5::text IS NULL OR outcome = $5)
ORDER BY number LIMIT $6

-- select_trades_down: Return a page of trades before a number, descending.
SELECT number, document, record FROM backtest.trades
WHERE run_id = $1 AND number < $2
    AND ($3::text IS NULL OR side = $3) AND ($4::text IS NULL OR instrument = $4) AND ($5::text IS NULL OR outcome = $5)
ORDER BY number DESC LIMIT $6

-- select_trade: Return a trade.
SELECT number, document, record FROM backtest.trades WHERE run_id = $1 AND number = $2

-- keep_sweep_request: Keep a sweep that is taken up unless it is kept.
INSERT INTO backtest.sweep_requests (sweep_id, request) VALUES ($1, $2) ON CONFLICT DO NOTHING

-- select_sweep_request: Return a sweep that was taken up.
SELECT request FROM backtest.sweep_requests WHERE sweep_id = $1

-- keep_sweep: Keep the table of a sweep unless it is kept.
INSERT INTO backtest.sweeps (sweep_id, document) VALUES ($1, $2) ON CONFLICT DO NOTHING

-- select_sweep: Return the table of a sweep.
SELECT document FROM backtest.sweeps WHERE sweep_id = $1

-- forget: Remove the rows of a run that is over; return whether there were any.
SELECT backtest.forget($1)

-- reap: Remove the oldest runs that are too old or too many, some at a time; return how many.
SELECT backtest.reap($1, $2, $3)

-- select_bytes: Return how many bytes the rows of all runs have.
SELECT coalesce(sum(bytes), 0)::bigint FROM backtest.slices

-- select_first_difference: Return the number of the first trade in a range that two runs do not have alike.
SELECT number
FROM (SELECT number, document FROM backtest.trades WHERE run_id = $1 AND number > $3 AND number <= $4) AS a
FULL JOIN (SELECT number, document FROM backtest.trades WHERE run_id = $2 AND number > $3 AND number <= $4) AS b
    USING (number)
WHERE a.document IS DISTINCT FROM b.document
ORDER BY number LIMIT 1

-- select_flow_events: Return what was decided on the intents of a period, oldest first, of so many intents at most.
WITH flows AS (
    SELECT correlation_id FROM backtest.recorded_events
    WHERE topic = 'intent.submitted' AND time >= $1 AND time < $2 AND instrument = ANY($3::text[])
        AND ($4::text IS NULL OR payload #>> '{intent,strategy_id}' = $4)
    LIMIT $5
)
SELECT e.topic, e.correlation_id, e.event_id, e.time, e.payload::text AS payload
FROM flows JOIN backtest.recorded_events AS e USING (correlation_id)
ORDER BY e.global_seq

-- select_flows_total: Return how many intents of a period there are, up to a number, and the hash of what was decided on them.
WITH flows AS (
    SELECT correlation_id FROM backtest.recorded_events
    WHERE topic = 'intent.submitted' AND time >= $1 AND time < $2 AND instrument = ANY($3::text[])
        AND ($4::text IS NULL OR payload #>> '{intent,strategy_id}' = $4)
    LIMIT $5
)
SELECT count(*) FILTER (WHERE e.topic = 'intent.submitted') AS flows,
    encode(sha256(convert_to(coalesce(string_agg(e.event_id, ',' ORDER BY e.global_seq), ''), 'UTF8')), 'hex') AS sha256
FROM flows JOIN backtest.recorded_events AS e USING (correlation_id)

-- select_observations: Return observations by the correlations they are filed under.
SELECT correlation_id, payload::text AS payload FROM backtest.recorded_events
WHERE correlation_id = ANY($1::text[]) AND sequence = 1

-- select_observed: Return which of some observations of a pool there are.
SELECT correlation_id FROM backtest.recorded_events
WHERE correlation_id = ANY($1::text[]) AND topic = 'instrument.pool_observed'
