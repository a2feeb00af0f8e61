"""A walk through a running platform, from an instrument to a settled intent: `make smoke`."""
