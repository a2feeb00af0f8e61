"""Snapshots of pools: cache, watch, prices and observations; routes are chosen in `routes`."""
