-- A fill tells its strategy where that is not called like its portfolio; positions are read by strategy. The index by
-- portfolio stays: processes of the version before read positions by it.
CREATE INDEX events_strategy_fills ON events ((coalesce(payload ->> 'strategyId', portfolio)), global_seq)
    WHERE topic = 'exec.step_filled';
