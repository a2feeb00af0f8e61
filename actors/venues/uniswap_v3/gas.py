"""How much gas our transactions may use. What is not used is not paid."""

from typing import Final

from tradewind.contracts.plans.model import RouteQuote

GAS_PER_TICK_CROSSED: Final = 60_000
"""Of a tick nobody crossed before: two slots written for the first time."""
SPARE_TICKS: Final = 2
"""The price may move while the transaction waits."""
ESTIMATE_NUMERATOR: Final = 3
ESTIMATE_DENOMINATOR: Final = 2
"""The estimate counts ticks that were crossed before, at two thirds of what the first one pays."""
APPROVAL_GAS_LIMIT: Final = 100_000
CANCEL_GAS_LIMIT: Final = 21_000
"""A transfer of nothing costs exactly this (yellow paper, appendix G)."""


def swap_gas_limit(route: RouteQuote) -> int:
    """Return one and a half times the estimate and two ticks more for each pool."""
    spare = SPARE_TICKS * GAS_PER_TICK_CROSSED * max(1, len(route.legs))
    return route.gas_estimate * ESTIMATE_NUMERATOR // ESTIMATE_DENOMINATOR + spare
