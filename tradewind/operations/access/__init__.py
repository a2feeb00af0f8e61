"""Permissions of every identity at NATS, PostgreSQL and Redis, and the configuration they become.

Not in here: connections. The configuration is rendered, and the servers read it.
"""
