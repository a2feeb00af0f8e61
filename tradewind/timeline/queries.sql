-- The statements of the time machine. Each has a line `-- name: what it is for` above it.

-- Writing: what the events after $1, up to $2, add

-- select_whole: Return how far the ledger goes, if the timeline says all of it; no row otherwise. It locks nothing.
SELECT w.last_global_seq
FROM timeline.watermark AS m JOIN writer AS w ON w.incarnation = m.incarnation AND w.last_global_seq = m.global_seq
WHERE m.id = 1 AND w.id = 1 AND (
    m.global_seq = 0 OR m.event_id = (SELECT i.event_id FROM event_index AS i WHERE i.global_seq = m.global_seq)
)

-- lock_watermark: Return how far the timeline is, and keep everybody else from writing it until the commit.
SELECT incarnation, global_seq, event_id FROM timeline.watermark WHERE id = 1 FOR UPDATE

-- select_head: Return which ledger this is, how far it goes, and the event at a place.
SELECT incarnation, last_global_seq, (SELECT event_id FROM event_index WHERE global_seq = $1) AS event_id
FROM writer WHERE id = 1

-- move_watermark: Note how far the timeline is.
UPDATE timeline.watermark SET incarnation = $1, global_seq = $2, noted_at = clock_timestamp(),
    event_id = coalesce((SELECT i.event_id FROM event_index AS i WHERE i.global_seq = $2), '')
WHERE id = 1

-- forget_all: Remove everything that was written.
TRUNCATE timeline.flows, timeline.position_keys, timeline.positions, timeline.counters, timeline.links, timeline.decisions,
    timeline.trades

-- write_flows: Open and close intervals of histories; $3 has the topics after which nobody has to act.
WITH told AS MATERIALIZED (
    SELECT correlation_id, global_seq, portfolio, instrument, topic <> ALL ($3::text[]) AS is_open,
        lag(topic <> ALL ($3::text[])) OVER history AS was_open
    FROM events WHERE global_seq > $1 AND global_seq <= $2
    WINDOW history AS (PARTITION BY correlation_id ORDER BY global_seq)
), known AS MATERIALIZED (
    SELECT f.correlation_id FROM timeline.flows AS f
    WHERE f.correlation_id IN (SELECT correlation_id FROM told WHERE was_open IS NULL) AND f.closed_seq IS NULL
), changes AS MATERIALIZED (
    SELECT correlation_id, global_seq, portfolio, instrument, is_open,
        lead(global_seq) OVER history AS next_seq, row_number() OVER history AS number
    FROM (
        SELECT told.*, coalesce(was_open, known.correlation_id IS NOT NULL) AS stood_open
        FROM told LEFT JOIN known USING (correlation_id)
    ) AS stood
    WHERE is_open <> stood_open
    WINDOW history AS (PARTITION BY correlation_id ORDER BY global_seq)
), closed AS (
    UPDATE timeline.flows AS f SET closed_seq = c.global_seq
    FROM changes AS c
    WHERE c.number = 1 AND NOT c.is_open AND f.correlation_id = c.correlation_id AND f.closed_seq IS NULL
)
INSERT INTO timeline.flows (correlation_id, kind, strategy_id, portfolio_id, instrument, first_seq, closed_seq)
SELECT c.correlation_id, split_part(c.correlation_id, '-', 1), coalesce(
        o.payload #>> '{intent,strategy_id}', o.payload #>> '{terms,strategy_id}', o.payload ->> 'strategyId',
        c.portfolio
    ), c.portfolio, c.instrument, c.global_seq, c.next_seq
FROM changes AS c
LEFT JOIN LATERAL (
    SELECT e.payload FROM event_index AS i JOIN events AS e ON e.global_seq = i.global_seq
    WHERE i.correlation_id = c.correlation_id AND i.sequence = 1
    LIMIT 1
) AS o ON true
WHERE c.is_open

-- told_links: Return what payloads name.
SELECT cause_event_id, effect_event_id, kind, min(global_seq) AS global_seq
FROM (
    SELECT e.payload #>> '{cause,event_id}' AS cause_event_id, e.event_id AS effect_event_id, 'settled' AS kind, e.global_seq
    FROM events AS e
    WHERE e.global_seq > $1 AND e.global_seq <= $2 AND e.topic IN ('portfolio.updated', 'portfolio.opened')
    UNION ALL
    SELECT e.payload ->> 'approval', e.event_id, 'approved', e.global_seq
    FROM events AS e
    WHERE e.global_seq > $1 AND e.global_seq <= $2 AND e.topic = 'exec.step_submitted'
    UNION ALL
    SELECT e.payload ->> 'cancellationId', e.event_id, 'cancelled', e.global_seq
    FROM events AS e
    WHERE e.global_seq > $1 AND e.global_seq <= $2 AND e.topic = 'intent.cancelled'
    UNION ALL
    SELECT vote ->> 'decision_id', e.event_id, 'voted', e.global_seq
    FROM events AS e
    CROSS JOIN LATERAL jsonb_array_elements(e.payload -> 'votes') AS vote
    WHERE e.global_seq > $1 AND e.global_seq <= $2 AND e.topic = 'signal.evaluated'
    UNION ALL
    SELECT p.event_id, e.event_id, 'planned', e.global_seq
    FROM events AS e
    JOIN events AS p ON p.topic = 'plan.created' AND p.payload ->> 'planId' = e.payload ->> 'planId'
        AND p.global_seq < e.global_seq
    WHERE e.global_seq > $1 AND e.global_seq <= $2 AND e.topic = 'wallet.transaction_settled'
) AS named
WHERE cause_event_id IS NOT NULL
GROUP BY cause_event_id, effect_event_id, kind

-- write_links: Keep them.
INSERT INTO timeline.links (cause_event_id, effect_event_id, kind, global_seq)
{told_links}
ON CONFLICT DO NOTHING

-- told_decisions: Return the decisions of risk and planner. What is no number that fits is null: payloads may hold any. Each
-- payload is read out of its page once (OFFSET 0 keeps it so): where it is looked at, it would else be decompressed every time.
SELECT e.global_seq, (extract(epoch FROM e.time) * 1000)::bigint AS decided_at_ms, e.event_id, e.correlation_id, e.topic,
    e.producer AS stage, coalesce(o.intent ->> 'strategy_id', e.portfolio) AS strategy_id,
    e.portfolio AS portfolio_id, e.instrument, o.intent ->> 'intent_type' AS side,
    o.intent ->> 'amount' AS amount, o.intent #>> '{constraints,max_slippage}' AS max_slippage,
    e.payload ->> 'priceUsd' AS price_usd, e.payload ->> 'quotePriceUsd' AS quote_price_usd,
    CASE WHEN e.payload ->> 'notionalUsd' ~ '^[0-9]{1,12}(\.[0-9]{1,36})?$'
        THEN round((e.payload ->> 'notionalUsd')::numeric * 1000000)::bigint ELSE c.notional END AS notional_millionths,
    CASE WHEN e.payload ->> 'priceBlockNumber' ~ '^[0-9]{1,18}$'
        THEN (e.payload ->> 'priceBlockNumber')::bigint END AS price_block_number,
    e.inputs ->> 'market' AS market,
    encode(sha256(convert_to((e.inputs -> 'limits')::text, 'UTF8')), 'hex') AS limits_sha256,
    encode(sha256(convert_to(e.book::text, 'UTF8')), 'hex') AS book_sha256,
    CASE WHEN e.inputs #>> '{policy,version}' ~ '^[0-9]{1,18}$'
        THEN (e.inputs #>> '{policy,version}')::bigint END AS policy_version,
    split_part(e.topic, '.', 2) AS verdict, e.payload ->> 'reason' AS reason, i.global_seq AS opened_seq,
    timeline.scaled(o.intent ->> 'amount', 1e9) AS amount_billionths,
    timeline.scaled(o.intent #>> '{constraints,max_slippage}', 1e18) AS slippage_e18,
    timeline.scaled(e.payload ->> 'quotePriceUsd', 1e6) AS quote_price_millionths,
    coalesce(c.failed, e.payload ->> 'reason', '') AS failed, b.held_billionths,
    timeline.scaled(e.book ->> 'day_notional_usd', 1e6) AS day_notional_millionths,
    timeline.scaled(e.book ->> 'equity_usd', 1e6) AS equity_millionths,
    timeline.scaled(e.book ->> 'peak_equity_usd', 1e6) AS peak_millionths
FROM (
    SELECT read.*, payload -> 'inputs' AS inputs, payload #> '{inputs,book}' AS book
    FROM (
        SELECT global_seq, time, event_id, correlation_id, topic, producer, portfolio, instrument, payload || '{}' AS payload
        FROM events
        WHERE global_seq > $1 AND global_seq <= $2 AND topic IN (
            'risk.screened', 'risk.approval_required', 'risk.approved', 'risk.rejected', 'plan.created', 'plan.rejected'
        )
        OFFSET 0
    ) AS read
    OFFSET 0
) AS e
CROSS JOIN LATERAL (
    SELECT global_seq FROM event_index WHERE correlation_id = e.correlation_id AND sequence = 1 LIMIT 1
) AS i
CROSS JOIN LATERAL (SELECT payload -> 'intent' AS intent FROM events WHERE global_seq = i.global_seq LIMIT 1) AS o
LEFT JOIN LATERAL (
    SELECT string_agg(one ->> 'rule', ',' ORDER BY place) FILTER (WHERE one ->> 'passed' = 'false') AS failed,
        max(timeline.scaled(split_part(one ->> 'value', ' ', 1), 1e6))
            FILTER (WHERE one ->> 'rule' IN ('NOTIONAL_LIMIT', 'NOTIONAL_MINIMUM')) AS notional
    FROM jsonb_array_elements(CASE WHEN jsonb_typeof(e.payload -> 'checks') = 'array' THEN e.payload -> 'checks' END)
        WITH ORDINALITY AS told (one, place)
) AS c ON true
LEFT JOIN LATERAL (
    SELECT timeline.scaled(
        (coalesce((one ->> 'quantity')::numeric, 0) + coalesce((one ->> 'incoming')::numeric, 0))::text,
        1e9 / 10::numeric ^ least((o.intent #>> '{base,decimals}')::integer, 36)
    ) AS held_billionths
    FROM jsonb_array_elements(
        CASE WHEN jsonb_typeof(e.book -> 'positions') = 'array' THEN e.book -> 'positions' END
    ) AS listed (one)
    WHERE one ->> 'token' = o.intent #>> '{base,address}'
    LIMIT 1
) AS b ON true

-- write_decisions: Keep them.
INSERT INTO timeline.decisions (
    global_seq, decided_at_ms, event_id, correlation_id, topic, stage, strategy_id, portfolio_id, instrument, side, amount,
    max_slippage, price_usd, quote_price_usd, notional_millionths, price_block_number, market, limits_sha256, book_sha256,
    policy_version, verdict, reason, opened_seq, amount_billionths, slippage_e18, quote_price_millionths, failed,
    held_billionths, day_notional_millionths, equity_millionths, peak_millionths
)
{told_decisions}
ON CONFLICT DO NOTHING

-- told_trades: Return fills, and refusals of which nothing was executed; $3 has the topics of both.
SELECT e.global_seq, e.topic = 'exec.step_filled' AS is_fill, e.time, o.payload #>> '{intent,strategy_id}' AS strategy_id,
    e.portfolio AS portfolio_id, e.instrument, e.producer AS stage,
    CASE WHEN e.topic <> 'exec.step_filled' THEN coalesce(e.payload ->> 'reason', 'EXPIRED') END AS reason
FROM events AS e
LEFT JOIN LATERAL (
    SELECT b.payload FROM event_index AS i JOIN events AS b ON b.global_seq = i.global_seq
    WHERE i.correlation_id = e.correlation_id AND i.sequence = 1
    LIMIT 1
) AS o ON true
WHERE e.global_seq > $1 AND e.global_seq <= $2 AND e.topic = ANY ($3::text[])
    AND (e.topic <> 'exec.failed' OR e.payload ->> 'proof' = 'not_submitted')

-- write_trades: Keep them.
INSERT INTO timeline.trades (global_seq, is_fill, time, strategy_id, portfolio_id, instrument, stage, reason)
{told_trades}
ON CONFLICT DO NOTHING

-- select_fills: Return the fills, narrow.
SELECT e.global_seq, e.event_id, e.time, coalesce(e.payload ->> 'strategyId', e.portfolio) AS strategy_id,
    e.payload ->> 'planId' AS plan_id, (e.payload ->> 'stepIndex')::numeric AS step_index,
    (e.payload ->> 'fillIndex')::numeric AS fill_index, e.payload ->> 'amountIn' AS amount_in,
    e.payload ->> 'amountOut' AS amount_out, e.payload ->> 'blockTime' AS block_time,
    (e.payload ->> 'blockNumber')::numeric AS block_number, (e.payload ->> 'transactionIndex')::numeric AS transaction_index,
    (e.payload ->> 'logIndex')::numeric AS log_index, e.payload #>> '{step,base}' AS base, e.payload #>> '{step,quote}' AS quote,
    e.payload #>> '{step,token_in}' AS token_in, i.global_seq AS opened_seq
FROM events AS e
JOIN event_index AS i ON i.correlation_id = e.correlation_id AND i.sequence = 1
WHERE e.global_seq > $1 AND e.global_seq <= $2 AND e.topic = 'exec.step_filled'
ORDER BY e.global_seq

-- select_told_fills: Return which of these fills of these strategies are kept.
SELECT strategy_id, fill_key FROM timeline.positions
WHERE (strategy_id, fill_key) IN (SELECT * FROM unnest($1::text[], $2::text[]))

-- select_last_positions: Return the last $5 rows of a key before a place ($6), newest first.
SELECT global_seq, place, bought, paid, quantity, cost, realised, fills, last_place, last_at
FROM timeline.positions
WHERE strategy_id = $1 AND chain = $2 AND base = $3 AND quote = $4 AND global_seq < $6
ORDER BY global_seq DESC
LIMIT $5

-- write_position_keys: Keep what strategies trade.
INSERT INTO timeline.position_keys
SELECT * FROM jsonb_populate_recordset(NULL::timeline.position_keys, $1::jsonb)
ON CONFLICT DO NOTHING

-- select_last_counters: Return the last kept counts up to a place.
SELECT global_seq, by_topic, by_reason FROM timeline.counters WHERE global_seq <= $1 ORDER BY global_seq DESC LIMIT 1

-- count_topics: Count events by topic.
SELECT topic, count(*) AS events FROM events WHERE global_seq > $1 AND global_seq <= $2 GROUP BY topic

-- count_refusals: Count refusals by who refused and why.
SELECT producer || ':' || coalesce(payload ->> 'reason', upper(split_part(topic, '.', 2))) AS reason, count(*) AS refusals
FROM events
WHERE global_seq > $1 AND global_seq <= $2 AND topic = ANY ($3::text[])
    AND (topic <> 'exec.failed' OR payload ->> 'proof' = 'not_submitted')
GROUP BY 1

-- write_counters: Keep counts.
INSERT INTO timeline.counters (global_seq, by_topic, by_reason) VALUES ($1, $2::jsonb, $3::jsonb)
ON CONFLICT (global_seq) DO UPDATE SET by_topic = EXCLUDED.by_topic, by_reason = EXCLUDED.by_reason

-- Verifying

-- wrong_flows: Count what is not as the events up to $1 say; $2 has the topics after which nobody has to act.
WITH told AS (
    SELECT correlation_id, global_seq, topic <> ALL ($2::text[]) AS is_open,
        lag(topic <> ALL ($2::text[])) OVER history AS was_open
    FROM events WHERE global_seq <= $1
    WINDOW history AS (PARTITION BY correlation_id ORDER BY global_seq)
), changes AS (
    SELECT correlation_id, is_open, global_seq AS first_seq,
        lead(global_seq) OVER (PARTITION BY correlation_id ORDER BY global_seq) AS closed_seq
    FROM told WHERE is_open <> coalesce(was_open, false)
), expected AS (
    SELECT correlation_id, first_seq, closed_seq FROM changes WHERE is_open
)
SELECT (SELECT count(*) FROM (SELECT * FROM expected EXCEPT SELECT correlation_id, first_seq, closed_seq FROM timeline.flows) AS a)
    + (SELECT count(*) FROM (SELECT correlation_id, first_seq, closed_seq FROM timeline.flows EXCEPT SELECT * FROM expected) AS b)

-- wrong_links: Count what is not as these events say.
WITH expected AS (
{told_links}
), kept AS (
    SELECT cause_event_id, effect_event_id, kind, global_seq FROM timeline.links WHERE global_seq > $1 AND global_seq <= $2
)
SELECT (SELECT count(*) FROM (SELECT * FROM expected EXCEPT SELECT * FROM kept) AS a)
    + (SELECT count(*) FROM (SELECT * FROM kept EXCEPT SELECT * FROM expected) AS b)

-- wrong_decisions: Count what is not as these events say.
WITH expected AS (
{told_decisions}
), kept AS (
    SELECT * FROM timeline.decisions WHERE global_seq > $1 AND global_seq <= $2
)
SELECT (SELECT count(*) FROM (SELECT * FROM expected EXCEPT SELECT * FROM kept) AS a)
    + (SELECT count(*) FROM (SELECT * FROM kept EXCEPT SELECT * FROM expected) AS b)

-- wrong_trades: Count what is not as these events say.
WITH expected AS (
{told_trades}
), kept AS (
    SELECT * FROM timeline.trades WHERE global_seq > $1 AND global_seq <= $2
)
SELECT (SELECT count(*) FROM (SELECT * FROM expected EXCEPT SELECT * FROM kept) AS a)
    + (SELECT count(*) FROM (SELECT * FROM kept EXCEPT SELECT * FROM expected) AS b)

-- select_positions_between: Return the rows of these events.
SELECT strategy_id, chain, base, quote, global_seq, fill_key, place, bought, paid, quantity, cost, realised, fills,
    last_place, last_at
FROM timeline.positions WHERE global_seq = ANY ($1::bigint[])

-- Reading, as of $1

-- select_moment: Return which ledger this is, how far it and the timeline go, its first event that is kept, and when the
-- event at a place was recorded.
SELECT w.incarnation, w.last_global_seq, m.global_seq AS reached, m.incarnation AS reached_in,
    coalesce((SELECT min(global_seq) FROM events), 1) AS oldest,
    (SELECT recorded_at FROM events WHERE global_seq = $1 LIMIT 1) AS recorded_at
FROM writer AS w CROSS JOIN timeline.watermark AS m

-- count_open_flows: Count the open histories by kind and last event, and name the oldest, of some strategies ($2) and
-- portfolios ($3), LIKE patterns; $4 at most are looked at.
WITH open AS MATERIALIZED (
    SELECT correlation_id, kind, first_seq FROM timeline.flows
    WHERE int8range(first_seq, closed_seq) @> $1::bigint
        AND ($2::text[] IS NULL OR strategy_id LIKE ANY ($2)) AND ($3::text[] IS NULL OR portfolio_id LIKE ANY ($3))
    LIMIT $4
)
SELECT open.kind, last.topic, count(*) AS flows, min(open.first_seq) AS oldest_seq,
    (array_agg(open.correlation_id ORDER BY open.first_seq))[1] AS oldest
FROM open
CROSS JOIN LATERAL (
    SELECT global_seq FROM event_index AS i
    WHERE i.correlation_id = open.correlation_id AND i.global_seq <= $1
    ORDER BY i.sequence DESC
    LIMIT 1
) AS place
CROSS JOIN LATERAL (SELECT topic FROM events WHERE global_seq = place.global_seq LIMIT 1) AS last
GROUP BY open.kind, last.topic
ORDER BY flows DESC, open.kind, last.topic

-- select_positions: Return the last row of each key that a strategy ($2), or strategies ($3, LIKE patterns), had by then.
SELECT k.*, p.global_seq, p.quantity, p.cost, p.realised, p.fills, p.last_at
FROM timeline.position_keys AS k
CROSS JOIN LATERAL (
    SELECT * FROM timeline.positions AS p
    WHERE p.strategy_id = k.strategy_id AND p.chain = k.chain AND p.base = k.base AND p.quote = k.quote
        AND p.global_seq <= $1
    ORDER BY p.global_seq DESC
    LIMIT 1
) AS p
WHERE k.first_seq <= $1 AND ($2::text IS NULL OR k.strategy_id = $2)
    AND ($3::text[] IS NULL OR k.strategy_id LIKE ANY ($3))
ORDER BY k.strategy_id, k.chain, k.base, k.quote
LIMIT $4

-- select_last_fill: Return the last fill of a strategy.
SELECT global_seq FROM events
WHERE coalesce(payload ->> 'strategyId', portfolio) = $2 AND topic = 'exec.step_filled' AND global_seq <= $1
ORDER BY global_seq DESC
LIMIT 1

-- select_prices: Return the last price of each instrument, $2 at most.
WITH RECURSIVE named (instrument) AS (
    (SELECT instrument FROM timeline.decisions WHERE price_usd IS NOT NULL ORDER BY instrument LIMIT 1)
    UNION ALL
    SELECT (
        SELECT d.instrument FROM timeline.decisions AS d
        WHERE d.price_usd IS NOT NULL AND d.instrument > named.instrument
        ORDER BY d.instrument LIMIT 1
    )
    FROM named WHERE named.instrument IS NOT NULL
)
SELECT d.instrument, d.price_usd, d.quote_price_usd, d.global_seq, d.decided_at_ms
FROM (SELECT instrument FROM named WHERE instrument IS NOT NULL LIMIT $2) AS n
CROSS JOIN LATERAL (
    SELECT * FROM timeline.decisions AS d
    WHERE d.instrument = n.instrument AND d.price_usd IS NOT NULL AND d.global_seq <= $1
    ORDER BY d.global_seq DESC
    LIMIT 1
) AS d

-- select_states: Return the last change of each trading state.
SELECT DISTINCT ON (correlation_id) global_seq, sequence, time, payload::text AS payload FROM events
WHERE topic = 'system.trading_state_changed' AND global_seq <= $1
ORDER BY correlation_id, global_seq DESC

-- select_applied: Return the policy that was put into force last.
SELECT global_seq, recorded_at, payload::text AS payload FROM events
WHERE topic = 'system.risk_limits_applied' AND global_seq <= $1
ORDER BY global_seq DESC
LIMIT 1

-- select_last_market: Return the last observation of the market.
SELECT global_seq, correlation_id, recorded_at FROM events
WHERE topic = 'instrument.market_observed' AND global_seq <= $1
ORDER BY global_seq DESC
LIMIT 1

-- select_identifiers: Return the newest histories of a kind between two that were begun.
SELECT h.correlation_id FROM correlation_head AS h
WHERE h.correlation_id >= $2 AND h.correlation_id < $3 AND EXISTS (
    SELECT FROM event_index AS i WHERE i.correlation_id = h.correlation_id AND i.sequence = 1 AND i.global_seq <= $1
)
ORDER BY h.correlation_id DESC
LIMIT $4

-- select_worked_identifiers: Do the same for a kind whose histories begin with work for somebody: without looking at an event.
SELECT DISTINCT correlation_id FROM timeline.flows
WHERE correlation_id >= $2 AND correlation_id < $3 AND first_seq <= $1
ORDER BY correlation_id DESC
LIMIT $4

-- select_opened_identifiers: Do the same for those opened by a payload with a value ($5); :topic and :path are literals.
SELECT correlation_id FROM events
WHERE topic = ':topic' AND payload #>> '{:path}' = $5 AND correlation_id >= $2 AND correlation_id < $3 AND global_seq <= $1
ORDER BY correlation_id DESC
LIMIT $4

-- select_state_before: Return the last kept state of a portfolio's accounts that knows nothing later.
SELECT state FROM account_snapshots
WHERE portfolio_id = $2 AND (state ->> 'as_of')::bigint <= $1
ORDER BY (state ->> 'as_of')::bigint DESC, place DESC
LIMIT 1

-- select_postings: Return the next postings of a portfolio in the order of the chain that were recorded by then.
(
    SELECT place, block_time AS time, global_seq, chain, 'FILL' AS kind, base, base_symbol, base_decimals, quote,
        quote_symbol, quote_decimals, quantity, cost, base_usd, quote_usd, pool_fee
    FROM fills
    WHERE portfolio_id = $2 AND place > $3 AND global_seq <= $1
    ORDER BY place
    LIMIT $4
)
UNION ALL
(
    SELECT place, time, global_seq, chain, kind, token, symbol, decimals, NULL, NULL, NULL, amount, NULL, price_usd, NULL, NULL
    FROM entries
    WHERE portfolio_id = $2 AND place > $3 AND kind <> 'FILL' AND global_seq <= $1
    ORDER BY place
    LIMIT $4
)
ORDER BY place
LIMIT $4

-- count_open_intents: Count the open intents of portfolios, by portfolio.
SELECT portfolio_id, count(*)::integer AS intents FROM timeline.flows
WHERE int8range(first_seq, closed_seq) @> $1::bigint AND kind = 'intent' AND portfolio_id = ANY ($2::text[])
GROUP BY portfolio_id

-- select_begun_portfolios: Return those of these portfolios that something of the book ($3) was recorded of.
SELECT p.portfolio_id FROM unnest($2::text[]) AS p (portfolio_id)
WHERE EXISTS (
    SELECT FROM unnest($3::text[]) AS t (topic)
    CROSS JOIN LATERAL (
        SELECT FROM events AS e WHERE e.portfolio = p.portfolio_id AND e.topic = t.topic AND e.global_seq <= $1 LIMIT 1
    ) AS e
)

-- select_traders_then: Return whose intent was last approved, by some time ($3), for pairs ($2) of portfolios ($1).
SELECT pair.portfolio_id, pair.instrument, last.strategy_id
FROM unnest($1::text[], $2::text[]) AS pair (portfolio_id, instrument)
CROSS JOIN LATERAL (
    SELECT strategy_id FROM allocations AS a
    WHERE a.portfolio_id = pair.portfolio_id AND a.instrument = pair.instrument AND is_approval AND decided_at <= $3
    ORDER BY decided_at DESC
    LIMIT 1
) AS last

-- Reading for a what-if: bigints alone, so that all rows have one width

-- decision_columns: The decisions of risk from a time (:since) to one (:until), of a strategy (:strategy, or all); -1 is unknown.
SELECT d.opened_seq, d.global_seq, d.decided_at_ms, hashtextextended(d.strategy_id, 0), hashtextextended(d.portfolio_id, 0),
    hashtextextended(d.instrument, 0), hashtextextended(d.failed, 0), (d.stage = 'portfolio')::integer::bigint,
    CASE d.verdict WHEN 'screened' THEN 0 WHEN 'approved' THEN 1 WHEN 'rejected' THEN 2 ELSE 3 END::bigint,
    (d.side = 'dispose' IS TRUE)::integer::bigint, coalesce(d.amount_billionths, -1), coalesce(d.notional_millionths, -1),
    coalesce(d.slippage_e18, -1), coalesce(d.quote_price_millionths, -1), coalesce(d.held_billionths, -1),
    coalesce(d.day_notional_millionths, -1), coalesce(d.equity_millionths, -1), coalesce(d.peak_millionths, -1)
FROM timeline.decisions AS d
WHERE d.decided_at_ms >= :since AND d.decided_at_ms < :until AND d.opened_seq IS NOT NULL
    AND d.topic IN ('risk.screened', 'risk.approval_required', 'risk.approved', 'risk.rejected')
    AND (:strategy::text IS NULL OR d.strategy_id = :strategy)
ORDER BY d.global_seq

-- decision_names: What the hashes of those rows stand for.
SELECT DISTINCT kind, name, hashtextextended(name, 0) AS hash
FROM (
    SELECT DISTINCT strategy_id, portfolio_id, instrument, failed FROM timeline.decisions
    WHERE decided_at_ms >= $1 AND decided_at_ms < $2 AND ($3::text IS NULL OR strategy_id = $3)
) AS d
CROSS JOIN LATERAL (
    VALUES ('strategy', strategy_id), ('portfolio', portfolio_id), ('instrument', instrument), ('failed', failed)
) AS named (kind, name)
WHERE name IS NOT NULL

-- fill_columns: The fills of the intents that were submitted from an event (:first) to one (:last).
WITH keys AS MATERIALIZED (
    SELECT *, 10::numeric ^ (9 - base_decimals) AS billionths, 10::numeric ^ (6 - quote_decimals) AS millionths,
        9 * 10::numeric ^ (9 + base_decimals) AS most_bought, 9 * 10::numeric ^ (12 + quote_decimals) AS most_paid
    FROM timeline.position_keys
)
SELECT p.opened_seq, p.global_seq, (extract(epoch FROM p.last_at) * 1000)::bigint,
    CASE WHEN abs(p.bought) < k.most_bought THEN (p.bought * k.billionths)::bigint ELSE 0 END,
    CASE WHEN abs(p.paid) < k.most_paid THEN (p.paid * k.millionths)::bigint ELSE 0 END
FROM timeline.positions AS p
JOIN keys AS k USING (strategy_id, chain, base, quote)
WHERE p.opened_seq BETWEEN :first AND :last AND (:strategy::text IS NULL OR p.strategy_id = :strategy)
ORDER BY p.global_seq

-- decided_correlations: The histories of some decisions.
SELECT global_seq, correlation_id FROM timeline.decisions WHERE global_seq = ANY ($1::bigint[])
