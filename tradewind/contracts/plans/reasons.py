"""Codes for why no plan is made. Clients depend on them, so a code never changes its meaning."""

from enum import StrEnum


class PlanRejectionReason(StrEnum):
    """Why no plan could be made."""

    NO_POOL = "NO_POOL"
    NO_PRICE = "NO_PRICE"
    STALE_POOL = "STALE_POOL"
    INSUFFICIENT_LIQUIDITY = "INSUFFICIENT_LIQUIDITY"
    AMOUNT_TOO_SMALL = "AMOUNT_TOO_SMALL"
