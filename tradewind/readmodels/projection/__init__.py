"""Keeps documents up with the ledger as it grows; comparing them with it belongs to `rebuild/`."""
