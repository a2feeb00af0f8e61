"""Quotes a swap in a single pool, in Rust and in Python; pools are chosen in `routes`."""
