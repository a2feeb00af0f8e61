"""Documents folded from the ledger and kept in Redis: what they are, how they get there, are read
and are put right again. Not in here: the ledger itself, and who answers requests with them.
"""
