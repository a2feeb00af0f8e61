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
    TRANSACTION_TOO_OLD = "TRANSACTION_TOO_OLD"
    """Mined after its deadline."""
    TRANSFER_FAILED = "TRANSFER_FAILED"
    """The router could not take the tokens: balance or allowance too small."""
    PRICE_LIMIT = "PRICE_LIMIT"
    """The pool's price had already passed the limit of the swap."""
    OUT_OF_GAS = "OUT_OF_GAS"
    INSUFFICIENT_BALANCE = "INSUFFICIENT_BALANCE"
    """The wallet holds too little of the token, or too little ether for gas."""
    CANCELLED = "CANCELLED"
    """A transfer of nothing took the transaction's nonce, on request or after the deadline."""
    NONCE_TAKEN = "NONCE_TAKEN"
    """A transaction we did not sign took the nonce; an operator has looked at it."""


class QuarantineReason(StrEnum):
    """Why the ledger set bytes aside instead of appending them."""

    MALFORMED = "MALFORMED"
    UNKNOWN_TOPIC = "UNKNOWN_TOPIC"
    UNKNOWN_VERSION = "UNKNOWN_VERSION"
    INVALID = "INVALID"
    SUBJECT_MISMATCH = "SUBJECT_MISMATCH"
    CONFLICT = "CONFLICT"
    TOO_LARGE = "TOO_LARGE"
