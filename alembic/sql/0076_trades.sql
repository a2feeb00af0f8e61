-- A narrow row for each fill, and for each refusal of which nothing was executed: what lists of them are filtered by. Most of it
-- stands in other events than the one it is about, such as the strategy of a refused intent, which an index cannot tell.
CREATE TABLE timeline.trades (
    global_seq bigint PRIMARY KEY,
    is_fill boolean NOT NULL,
    -- of the event, by the clock of who published it
    time timestamptz NOT NULL,
    -- of the intent; null where its history does not begin with one
    strategy_id text COLLATE "C",
    portfolio_id text COLLATE "C",
    instrument text COLLATE "C",
    -- the role that refused or filled
    stage text COLLATE "C",
    -- null for a fill
    reason text COLLATE "C"
);

INSERT INTO timeline.trades (global_seq, is_fill, time, strategy_id, portfolio_id, instrument, stage, reason)
SELECT e.global_seq, e.topic = 'exec.step_filled', e.time, o.payload #>> '{intent,strategy_id}', e.portfolio, e.instrument,
    e.producer, CASE WHEN e.topic <> 'exec.step_filled' THEN coalesce(e.payload ->> 'reason', 'EXPIRED') END
FROM events AS e
LEFT JOIN LATERAL (
    SELECT b.payload FROM event_index AS i JOIN events AS b ON b.global_seq = i.global_seq
    WHERE i.correlation_id = e.correlation_id AND i.sequence = 1
    LIMIT 1
) AS o ON true
WHERE e.global_seq <= (SELECT global_seq FROM timeline.watermark WHERE id = 1)
    AND e.topic IN ('exec.step_filled', 'risk.rejected', 'plan.rejected', 'exec.failed', 'intent.expired')
    AND (e.topic <> 'exec.failed' OR e.payload ->> 'proof' = 'not_submitted');

CREATE INDEX trades_filled ON timeline.trades (global_seq) WHERE is_fill;
-- Ten thousand are counted at once, from the index alone.
CREATE INDEX trades_refused ON timeline.trades (global_seq) INCLUDE (time, strategy_id, portfolio_id, instrument, stage, reason)
    WHERE NOT is_fill;
CREATE INDEX trades_strategy ON timeline.trades (is_fill, strategy_id, global_seq);
CREATE INDEX trades_portfolio ON timeline.trades (is_fill, portfolio_id, global_seq);
CREATE INDEX trades_reason ON timeline.trades (reason, global_seq) WHERE NOT is_fill;

GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON timeline.trades TO tradewind_historian, tradewind_operator;
GRANT SELECT ON timeline.trades TO tradewind_gateway, tradewind_reader;
