"""Indicators of candles and order books, as docs/contracts/features.md defines them."""
