"""Why risk refuses. The codes are stable."""

from enum import StrEnum


class RiskRejectionReason(StrEnum):
    """Why risk refused an intent."""

    NOTIONAL_LIMIT = "NOTIONAL_LIMIT"
    SLIPPAGE_LIMIT = "SLIPPAGE_LIMIT"
    PRICE_UNAVAILABLE = "PRICE_UNAVAILABLE"
