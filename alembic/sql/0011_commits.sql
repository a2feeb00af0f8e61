-- How many transactions wrote this ledger. A writer that finds fewer than it committed knows that some are gone,
-- whatever was in them: parked events and quarantined bytes have no global_seq.
ALTER TABLE writer ADD COLUMN commits bigint NOT NULL DEFAULT 0;
