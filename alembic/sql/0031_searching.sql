-- Whoever has the hash of a transaction finds the history it belongs to; on paper no other table has it.
CREATE INDEX events_transaction ON events ((payload ->> 'txHash')) WHERE topic = 'exec.step_submitted';
