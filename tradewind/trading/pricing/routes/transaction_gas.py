"""Estimates the gas of several swaps in one transaction."""

from collections.abc import Iterable
from typing import Final

from tradewind.trading.pricing.swap.router import SwapResult

TRANSACTION_GAS: Final = 21_000
"""The intrinsic gas of a transaction, which every single swap's estimate includes."""


def transaction_gas(results: Iterable[SwapResult]) -> int:
    """Return the gas of swaps in one transaction, which pays the intrinsic gas only once."""
    estimates = [result.gas_estimate for result in results]
    return sum(estimates) - TRANSACTION_GAS * (len(estimates) - 1)
