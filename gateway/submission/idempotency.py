"""Tells a request from its repetition, by its Idempotency-Key and its body.

The ledger's ingress journal compares both: only the database can do it for every gateway process
at once.
"""

from hashlib import sha256

from tradewind.ledger.upkeep.ingress import Request as RequestIdentity

__all__ = ["RequestIdentity", "identify"]


def identify(idempotency_key: str | None, body: bytes) -> RequestIdentity:
    """Return the identity of a request; without a key every request is a new one."""
    return RequestIdentity(idempotency_key, sha256(body).digest())
