"""Swaps on Uniswap V3: implements the venue contract on a chain (design section 7)."""
