"""Documents folded from the ledger and kept in Redis: how they are folded, written, read, repaired.

Not in here: the ledger itself, and the gateway that serves the documents.
"""
