"""Gas limits of our transactions. Gas that is not used is not paid for."""

from typing import Final

from tradewind.contracts.plans.model import RouteQuote

GAS_PER_TICK_CROSSED: Final = 60_000
"""A tick that is crossed for the first time writes two storage slots for the first time."""
SPARE_TICKS: Final = 2
"""The price may move while the transaction waits."""
ESTIMATE_NUMERATOR: Final = 3
ESTIMATE_DENOMINATOR: Final = 2
"""The estimate prices ticks as crossed before, at two thirds of what a first crossing costs."""
APPROVAL_GAS_LIMIT: Final = 100_000
READ_GAS_LIMIT: Final = 300_000
"""For a balance within a simulation: tokens behind proxies, or with shares, compute it."""
TRANSFER_GAS_LIMIT: Final = 500_000
"""For a transfer within a simulation."""
CANCEL_GAS_LIMIT: Final = 21_000
"""A transfer of nothing costs exactly this (yellow paper, appendix G)."""


def swap_gas_limit(route: RouteQuote) -> int:
    """Return one and a half times the estimate, plus two first-time ticks for each pool."""
    spare = SPARE_TICKS * GAS_PER_TICK_CROSSED * max(1, len(route.legs))
    return route.gas_estimate * ESTIMATE_NUMERATOR // ESTIMATE_DENOMINATOR + spare
