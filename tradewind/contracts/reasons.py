"""Stable reason codes. A refusal is ours; a rejection or failure names who could not go on."""

from enum import StrEnum


class RiskRejectionReason(StrEnum):
    """Why risk refused an intent."""

    NOTIONAL_LIMIT = "NOTIONAL_LIMIT"
    SLIPPAGE_LIMIT = "SLIPPAGE_LIMIT"
    PRICE_UNAVAILABLE = "PRICE_UNAVAILABLE"


class PlanRejectionReason(StrEnum):
    """Why no plan could be made."""

    NO_POOL = "NO_POOL"
    NO_PRICE = "NO_PRICE"
    STALE_POOL = "STALE_POOL"
    INSUFFICIENT_LIQUIDITY = "INSUFFICIENT_LIQUIDITY"
    AMOUNT_TOO_SMALL = "AMOUNT_TOO_SMALL"


class ExecutionFailureReason(StrEnum):
    """Why an execution ended without a settled fill."""

    VENUE_UNAVAILABLE = "VENUE_UNAVAILABLE"
    VENUE_REFUSED = "VENUE_REFUSED"
    TOO_LITTLE_RECEIVED = "TOO_LITTLE_RECEIVED"
    REVERTED = "REVERTED"


class QuarantineReason(StrEnum):
    """Why the ledger set bytes aside instead of appending them."""

    MALFORMED = "MALFORMED"
    UNKNOWN_TOPIC = "UNKNOWN_TOPIC"
    UNKNOWN_VERSION = "UNKNOWN_VERSION"
    INVALID = "INVALID"
    SUBJECT_MISMATCH = "SUBJECT_MISMATCH"
    CONFLICT = "CONFLICT"
    TOO_LARGE = "TOO_LARGE"
