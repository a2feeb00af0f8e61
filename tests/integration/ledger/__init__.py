"""Tests of ledger, coordinator and sweeper on real servers; those of documents are elsewhere."""
