"""The book of every portfolio: what its approved intents claim, and what became of the claims.

An intent is decided in one transaction under the lock of its portfolio's row, and the decision's
bytes are kept in a row of `allocations`. A claim ends by what the ledger has recorded, in the
ledger's order, and by nothing else (ADR 029).
"""
