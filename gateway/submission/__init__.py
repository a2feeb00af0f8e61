"""Checks, keeps and publishes what clients submit; answers are made elsewhere."""
