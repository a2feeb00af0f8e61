-- Two decisions about one event may have left different events for one sequence, and both may come before the event
-- they follow. Which of them continues the history is known once that one is recorded, so both wait until then.
ALTER TABLE parked DROP CONSTRAINT parked_correlation_id_sequence_key;
CREATE INDEX parked_correlation ON parked (correlation_id);
-- The journal signs only what the ledger has recorded, and nothing of a history that has ended.
GRANT SELECT ON event_index, correlation_head TO tradewind_orchestrator;
