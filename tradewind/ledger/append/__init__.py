"""Holds the write path (lease, incarnation, checks, appending); nothing here reads histories."""
