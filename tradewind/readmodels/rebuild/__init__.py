"""Compares documents with the ledger and puts them right; keeping up belongs to `projection/`."""
