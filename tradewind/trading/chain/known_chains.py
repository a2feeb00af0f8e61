"""The chains on which no money is real."""

from typing import Final

DEVELOPMENT_CHAIN_IDS: Final = frozenset({1_337, 31_337})
TEST_CHAIN_IDS: Final = frozenset(
    {11_155_111, 17_000, 560_048, 84_532, 421_614, 11_155_420, 80_002}
)
"""Sepolia, Holesky, Hoodi, and the Sepolia nets of Base, Arbitrum, Optimism and Polygon's Amoy."""
