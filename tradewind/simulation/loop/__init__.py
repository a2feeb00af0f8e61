"""A slice, step by step: over candles, or over recorded flows."""
