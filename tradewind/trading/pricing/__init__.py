"""Prices of tokens and quotes of swaps, from snapshots of pools; nothing here executes a swap.

Shared by risk, planner and venues, which may not import each other (docs/adr/004).
"""
