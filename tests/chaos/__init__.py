"""Injects seeded faults into a whole platform under load; the checker uses no product code."""
