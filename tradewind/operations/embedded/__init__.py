"""Starts NATS, PostgreSQL, Valkey and a chain on this machine; not in here: what they store."""
