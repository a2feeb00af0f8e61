-- Statements of benchmarks that generate what they measure: `-- name: what it is for`, then the statement.

-- create_templates: Keep the bodies of flows, from which others are made.
CREATE TABLE IF NOT EXISTS generated_templates (
    strategy integer, is_rejected boolean, sequence integer, body text,
    PRIMARY KEY (strategy, is_rejected, sequence)
)

-- fill_ledger: Append flows to a ledger, as the coordinator would have.
WITH flows AS MATERIALIZED (
    SELECT n, n / $2 AS block, n % $2 AS place_in_block, (
        SELECT string_agg(
            substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', ((ms >> bits) & 31)::integer + 1, 1), ''
            ORDER BY bits DESC
        )
        FROM generate_series(0, 45, 5) AS bits
    ) AS began
    FROM generate_series($1::bigint, $1::bigint + $3 - 1) AS n
    CROSS JOIN LATERAL (
        SELECT (extract(epoch FROM $11::timestamptz) * 1000)::bigint
            + ($8::bigint + (n - $1::bigint) * $5) * 10 AS ms
    ) AS time
), rows AS MATERIALIZED (
    SELECT n, t.sequence, f.block * $2 * $5 + (t.sequence - 1) * $2 + f.place_in_block AS place,
        replace(replace(t.body, $6, lpad(n::text, 13, '0')), $10, f.began) AS body
    FROM flows AS f
    JOIN generated_templates AS t ON t.strategy = n % $4 AND t.is_rejected = (n % $7 = 0)
), placed AS MATERIALIZED (
    SELECT n, sequence, body, $8::bigint + row_number() OVER (ORDER BY place) AS global_seq
    FROM rows
), parsed AS MATERIALIZED (
    SELECT n, sequence, global_seq, body::jsonb AS event,
        sha256(convert_to(body, 'UTF8')) AS body_sha256
    FROM placed
), indexed AS (
    INSERT INTO event_index (event_id, correlation_id, sequence, body_sha256, global_seq)
    SELECT event ->> 'eventId', event ->> 'correlationId', sequence, body_sha256, global_seq
    FROM parsed
), heads AS (
    INSERT INTO correlation_head (correlation_id, last_sequence, last_topic, is_open)
    SELECT DISTINCT ON (n) event ->> 'correlationId', sequence, event ->> 'topic',
        event ->> 'topic' <> ALL ($9::text[])
    FROM parsed ORDER BY n, sequence DESC
), moved AS (
    UPDATE writer SET last_global_seq = (SELECT max(global_seq) FROM parsed) WHERE id = 1
)
INSERT INTO events (time, event_id, topic, correlation_id, causation_id, payload, version,
    sequence, instrument, portfolio, producer, global_seq, recorded_at)
SELECT (event ->> 'timestamp')::timestamptz, event ->> 'eventId', event ->> 'topic',
    event ->> 'correlationId', event ->> 'causationId', event -> 'payload', 1, sequence,
    event #>> '{key,instrument}', event #>> '{key,portfolio}', event ->> 'producer', global_seq,
    $11::timestamptz + global_seq * interval '10 ms'
FROM parsed

-- timeline_size: Return how many bytes the timeline takes.
SELECT sum(pg_total_relation_size(c.oid))::bigint
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = 'timeline' AND c.relkind = 'r'

-- generate_decisions: Write decided intents of 24 strategies over 90 days.
WITH made AS (
    SELECT n, $2::bigint + n * (90 * 86400000::bigint - 1) / $1::bigint AS ms, 'strategy' || n % 24 AS strategy,
        (ARRAY['ethereum-WETH-USDC', 'ethereum-WBTC-USDC', 'ethereum-LINK-USDC'])[n % 3 + 1] AS instrument,
        n % 10 = 0 AS is_refused, n % 2 = 1 AS is_sale, (n * 7919 % 6000 + 1)::bigint * 1000000 AS notional
    FROM generate_series(1, $1::bigint) AS n
)
INSERT INTO timeline.decisions (
    global_seq, decided_at_ms, event_id, correlation_id, topic, stage, strategy_id, portfolio_id, instrument, side, verdict,
    reason, opened_seq, amount_billionths, slippage_e18, notional_millionths, quote_price_millionths, failed, held_billionths,
    day_notional_millionths, equity_millionths, peak_millionths
)
SELECT n * 8 + place, ms + place, 'e' || n || '-' || place, 'intent-' || lpad(n::text, 26, '0'),
    CASE WHEN place = 1 THEN CASE WHEN is_refused THEN 'risk.rejected' ELSE 'risk.screened' END ELSE 'risk.approved' END,
    CASE place WHEN 1 THEN 'risk' ELSE 'portfolio' END, strategy, strategy, instrument,
    CASE WHEN is_sale THEN 'dispose' ELSE 'acquire' END,
    CASE WHEN place = 1 THEN CASE WHEN is_refused THEN 'rejected' ELSE 'screened' END ELSE 'approved' END,
    CASE WHEN is_refused THEN 'SLIPPAGE_LIMIT' END, n * 8, notional / 3, 10000000000000000, notional, 1000000,
    CASE WHEN is_refused THEN 'SLIPPAGE_LIMIT' ELSE '' END, CASE WHEN place = 2 THEN 5000000000 END,
    CASE WHEN place = 2 THEN notional * (n / 24 % 30) END, CASE WHEN place = 2 THEN 1000000000000 END,
    CASE WHEN place = 2 THEN 1010000000000 END
FROM made CROSS JOIN generate_series(1, 2) AS place
WHERE place = 1 OR NOT is_refused

-- generate_position_keys: Write the keys of their positions.
INSERT INTO timeline.position_keys
SELECT DISTINCT strategy_id, 'ethereum', instrument, 'usdc', 'BASE', 18, 'USDC', 6, 1 FROM timeline.decisions

-- generate_fills: Write the fills of those approved.
INSERT INTO timeline.positions (
    strategy_id, chain, base, quote, global_seq, fill_key, place, bought, paid, quantity, cost, realised, fills, last_place,
    last_at, opened_seq
)
SELECT strategy_id, 'ethereum', instrument, 'usdc', global_seq + 3, 'plan' || global_seq, global_seq::text,
    amount_billionths::numeric * 1000000000 * sign, notional_millionths * sign, 0, 0, 0, 1, global_seq::text,
    to_timestamp((decided_at_ms + 12000) / 1000.0), opened_seq
FROM timeline.decisions CROSS JOIN LATERAL (SELECT CASE side WHEN 'dispose' THEN -1 ELSE 1 END AS sign) AS s
WHERE topic = 'risk.approved'

-- generate_ticks: Write so many ticks ($1) of 20 pairs over five days from a time ($2) on.
INSERT INTO market.ticks (instrument, time, sequence, price, source, block_number, volume)
SELECT 'ethereum-T' || n % 20 || '-USDC', $2::timestamptz + n * (interval '5 days' / $1::bigint), n, 3000 + n % 977, 'pool', n, 1
FROM generate_series(1, $1::bigint) AS n

-- generate_latest_ticks: Write the newest of each.
INSERT INTO market.latest_ticks (instrument, source, symbol, base, quote, first_time, time, sequence, price, block_number)
SELECT instrument, 'pool', replace(replace(instrument, 'ethereum-', ''), '-', '/'), instrument, 'USDC', min(time), max(time),
    max(sequence), 3000, max(block_number)
FROM market.ticks GROUP BY instrument

-- generate_candles: Write a candle of each pair for every minute that has so many ($1) together, up to a time ($2).
INSERT INTO market.candles (interval_seconds, instrument, time, open, high, low, close, volume, ticks)
SELECT 60, 'ethereum-T' || pair || '-USDC', date_trunc('minute', $2::timestamptz) - n * interval '1 minute', 3000, 3010, 2990, 3005, 1, 60
FROM generate_series(1, $1::bigint / 20) AS n CROSS JOIN generate_series(0, 19) AS pair

-- generate_run_trades: Write so many trades ($1) of a run ($2).
INSERT INTO backtest.trades (run_id, number, at, instrument, side, outcome, document)
SELECT $2::text, n, timestamptz '2026-01-01' + n * interval '1 minute', 'ethereum-T' || n % 20 || '-USDC',
    CASE WHEN n % 2 = 0 THEN 'acquire' ELSE 'dispose' END, CASE WHEN n % 100 = 0 THEN 'refused' ELSE 'filled' END,
    jsonb_build_object('number', n, 'price', '3000.01', 'notional', '1000.00', 'fee', '0.50', 'gas', '0.10')::text
FROM generate_series(1, least($1::bigint, 1000000)) AS n

-- sessions_of_database: Return the processes of the other clients' sessions at this database.
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()

-- commits_of_server: Return how many transactions were committed in all databases so far.
SELECT sum(xact_commit)::bigint FROM pg_stat_database
