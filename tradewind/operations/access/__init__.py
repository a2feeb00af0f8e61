"""What every identity may do at NATS, PostgreSQL and Redis, and the configuration that says so.

Tables and writers only: nothing here talks to a server.
"""
