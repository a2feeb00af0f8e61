"""Starts the real servers for development and tests: NATS, PostgreSQL and Valkey."""
