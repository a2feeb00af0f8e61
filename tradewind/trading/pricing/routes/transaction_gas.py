"""What several swaps in one transaction cost."""

from collections.abc import Iterable
from typing import Final

from tradewind.trading.pricing.swap.router import SwapResult

TRANSACTION_GAS: Final = 21_000
"""What any transaction costs before it does anything; part of every single swap's estimate."""


def transaction_gas(results: Iterable[SwapResult]) -> int:
    """Return the gas of swaps that share a transaction."""
    estimates = [result.gas_estimate for result in results]
    return sum(estimates) - TRANSACTION_GAS * (len(estimates) - 1)
