"""The registry of instruments: what files declare, what the ledger recorded, what is in force."""
