"""Codes for why risk refuses. Clients depend on them, so a code never changes its meaning."""

from enum import StrEnum


class RiskRejectionReason(StrEnum):
    """Why risk refused an intent."""

    NOTIONAL_LIMIT = "NOTIONAL_LIMIT"
    SLIPPAGE_LIMIT = "SLIPPAGE_LIMIT"
    PRICE_UNAVAILABLE = "PRICE_UNAVAILABLE"
