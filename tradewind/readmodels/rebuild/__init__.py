"""Compares documents with the ledger and repairs them; writing new ones is in `projection/`."""
