"""Codes for why no plan is made. Clients depend on them, so a code never changes its meaning."""

from enum import StrEnum


class PlanRejectionReason(StrEnum):
    """Why no plan could be made."""

    NO_POOL = "NO_POOL"
    NO_PRICE = "NO_PRICE"
    STALE_POOL = "STALE_POOL"
    INSUFFICIENT_LIQUIDITY = "INSUFFICIENT_LIQUIDITY"
    AMOUNT_TOO_SMALL = "AMOUNT_TOO_SMALL"
    PRICE_IMPACT_LIMIT = "PRICE_IMPACT_LIMIT"
    """The best route pays more, or yields less, than the prices risk approved allow."""
    FEE_ON_TRANSFER = "FEE_ON_TRANSFER"
    """A token keeps a part of every transfer, so no amount of a plan would be what arrives."""
    VENUE_NOT_ALLOWED = "VENUE_NOT_ALLOWED"
    """The instrument may not be traded where this strategy trades."""
