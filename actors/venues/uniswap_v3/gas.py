"""How much gas our transactions may use. What is not used is not paid."""

from typing import Final

from tradewind.contracts.plans import RouteQuote

GAS_PER_TICK_CROSSED: Final = 38_000
SPARE_TICKS: Final = 2
"""The price may move while the transaction waits."""
ESTIMATE_NUMERATOR: Final = 12
ESTIMATE_DENOMINATOR: Final = 10
APPROVAL_GAS_LIMIT: Final = 100_000
CANCEL_GAS_LIMIT: Final = 21_000
"""A transfer of nothing costs exactly this (yellow paper, appendix G)."""


def swap_gas_limit(route: RouteQuote) -> int:
    """Return 1.2 times the estimate and two ticks more for each pool."""
    spare = SPARE_TICKS * GAS_PER_TICK_CROSSED * max(1, len(route.legs))
    return route.gas_estimate * ESTIMATE_NUMERATOR // ESTIMATE_DENOMINATOR + spare
