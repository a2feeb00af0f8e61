-- The journal asks the ledger whether a step was signed before: a restored database may have lost the slot and
-- got the event back from the stream.
CREATE INDEX events_signed ON events ((payload ->> 'planId')) WHERE topic = 'exec.step_signed';
GRANT SELECT ON events TO tradewind_orchestrator;
