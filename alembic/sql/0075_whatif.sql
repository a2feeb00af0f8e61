-- What a what-if reads of a decision beside what 0070 keeps: which rules failed, and the numbers of the book, as integers.
-- A number of a payload, times a factor, rounded up; null for what is no number or does not fit. It is not STRICT, since then
-- PostgreSQL would not inline it.
CREATE FUNCTION timeline.scaled(value text, factor numeric) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN value ~ '^-?[0-9]{1,80}(\.[0-9]{1,60})?$'
    THEN CASE WHEN abs(value::numeric * factor) < 9000000000000000000 THEN ceil(value::numeric * factor)::bigint END END;

ALTER TABLE timeline.decisions
    -- the event that submitted the intent: whatever has the same one is about the same intent
    ADD COLUMN opened_seq bigint,
    ADD COLUMN amount_billionths bigint,
    ADD COLUMN slippage_e18 bigint,
    ADD COLUMN quote_price_millionths bigint,
    -- every rule that failed, parted by commas; empty where all passed
    ADD COLUMN failed text COLLATE "C",
    -- of the book: what there may be of base, with what is under way
    ADD COLUMN held_billionths bigint,
    ADD COLUMN day_notional_millionths bigint,
    ADD COLUMN equity_millionths bigint,
    ADD COLUMN peak_millionths bigint;
CREATE INDEX decisions_time ON timeline.decisions USING brin (decided_at_ms);

ALTER TABLE timeline.positions ADD COLUMN opened_seq bigint;
CREATE INDEX positions_opened ON timeline.positions USING brin (opened_seq);

-- All of it follows from the ledger: the historian, or `tradewind rebuild --timeline`, writes it again.
TRUNCATE timeline.flows, timeline.position_keys, timeline.positions, timeline.counters, timeline.links, timeline.decisions;
UPDATE timeline.watermark SET global_seq = 0, event_id = '' WHERE id = 1;
