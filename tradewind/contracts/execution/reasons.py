"""Codes for why an execution fails. Clients depend on them, so a code never changes its meaning."""

from enum import StrEnum


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
    """A transfer of 0 took the transaction's nonce: we replace one on request or past deadline."""
    PRICE_IMPACT_LIMIT = "PRICE_IMPACT_LIMIT"
    """The plan pays more, or yields less, than the prices risk approved allow."""
    NONCE_TAKEN = "NONCE_TAKEN"
    """A foreign transaction, which we did not sign, took the nonce; an operator confirmed it."""
    PLAN_SUPERSEDED = "PLAN_SUPERSEDED"
    """The ledger recorded another decision, or the end of the history: nothing was signed."""
