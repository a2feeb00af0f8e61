"""Takes the limits of a run from the risk policy in force."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from tradewind.contracts.backtests.model import RunLimits
from tradewind.contracts.precision import EXACT
from tradewind.contracts.risk.limit_names import BPS
from tradewind.contracts.risk.policy import PolicyDocument
from tradewind.trading.policy.resolution import resolve, tightest

_NAMES: Final = {
    "max_notional_usd": "max_notional_usd",
    "min_notional_usd": "min_notional_usd",
    "max_slippage_bps": "max_slippage",
    "max_position_usd": "max_position_usd",
    "daily_budget_usd": "max_daily_notional_usd",
    "max_drawdown_bps": "max_drawdown",
}
"""What a policy calls the limits of a run."""
_OF_NO_PORTFOLIO: Final = ""
"""A run has a portfolio of its own, of which no policy speaks."""


def current_limits(document: PolicyDocument, instruments: Sequence[str]) -> RunLimits:
    """Return the limits that hold in every instrument of a run, the tightest of each."""
    of_each = [resolve(document, _OF_NO_PORTFOLIO, one, _NAMES) for one in instruments]
    values: dict[str, Any] = {}
    for name, called in _NAMES.items():
        limit = tightest(name, (one.get(name) for one in of_each))
        if limit is not None:
            value = Decimal(limit.value)
            is_share = name.endswith("_bps")
            values[called] = (value * BPS).normalize(EXACT) if is_share else value
    return RunLimits(**values)
