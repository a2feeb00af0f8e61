-- How far into which stream this ledger was written, moved in the transactions that write it. A consumer that
-- acknowledged more than that acknowledged what this copy of the database never had, or has lost.
ALTER TABLE writer
    ADD COLUMN stream_created text NOT NULL DEFAULT '',
    ADD COLUMN stream_sequence bigint NOT NULL DEFAULT 0;
