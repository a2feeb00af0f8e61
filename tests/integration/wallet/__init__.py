"""Tests of the transaction journal on a real PostgreSQL; no chain takes part."""
