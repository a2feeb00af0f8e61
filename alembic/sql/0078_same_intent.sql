-- When an intent of the same pair, side and amount was last approved: each decision asks for it, and went through every intent
-- the portfolio ever had.
CREATE INDEX allocations_same ON allocations (portfolio_id, instrument, side, amount, decided_at) WHERE is_approval;
