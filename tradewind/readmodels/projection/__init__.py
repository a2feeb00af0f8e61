"""Writes documents as the ledger grows; comparing existing ones with it belongs to `rebuild/`."""
