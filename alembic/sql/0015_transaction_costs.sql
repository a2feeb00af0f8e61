-- What settled the transaction cost in all, and where in the chain it is: events tell it. Transactions settled before
-- lack these.
ALTER TABLE slots
    ADD COLUMN fee_wei numeric(78, 0),
    ADD COLUMN block_time timestamptz,
    ADD COLUMN transaction_index integer,
    ADD COLUMN log_index integer;
GRANT UPDATE (fee_wei, block_time, transaction_index, log_index) ON slots TO tradewind_orchestrator;

-- What a spender will be allowed is unknown (null) after a transaction that was counted on had no effect.
ALTER TABLE allowances ALTER COLUMN projected DROP NOT NULL;
