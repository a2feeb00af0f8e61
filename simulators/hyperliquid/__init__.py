"""Hyperliquid's `/info` and `/ws`, with prices of our own and faults on demand."""
