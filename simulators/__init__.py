"""Servers that speak a real counterpart's protocol: the default of `make up`, and test doubles."""
