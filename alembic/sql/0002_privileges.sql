-- A group role: a login becomes the orchestrator by being granted it. Roles belong to the whole server, so
-- another database may be creating it at this moment.
DO $$
BEGIN
    CREATE ROLE tradewind_orchestrator NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;
GRANT USAGE ON SCHEMA public TO tradewind_orchestrator;
GRANT SELECT, INSERT ON wallets, steps, slots, generations, reorgs, allowances TO tradewind_orchestrator;
GRANT UPDATE (next_nonce, halted_reason, halted_at, tended_at) ON wallets TO tradewind_orchestrator;
GRANT UPDATE (state, mined_block_number, mined_block_hash, mined_tx_hash, amount_in, amount_out, gas_used,
    effective_gas_price_wei, reason, detail, submitted_at, foreign_since,
    foreign_acknowledged_at, cancel_requested_at, cancel_requested_by, settled_at)
    ON slots TO tradewind_orchestrator;
GRANT UPDATE (broadcast_at, broadcast_answer) ON generations TO tradewind_orchestrator;
GRANT UPDATE (projected) ON allowances TO tradewind_orchestrator;
