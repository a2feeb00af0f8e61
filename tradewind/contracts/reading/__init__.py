"""Reads events that are written as this platform writes them in one pass, in Rust."""
