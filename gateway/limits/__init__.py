"""Bounds how often clients ask: by address, by key and by route, in all gateways together."""
