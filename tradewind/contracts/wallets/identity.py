"""The ids of wallets, and of the histories that are about them."""

import hashlib
from typing import Final

from tradewind.contracts.ids import CorrelationKind, make_correlation_id

MAX_IDENTIFIER_LENGTH: Final = 64
MAX_WALLET_ID_LENGTH: Final = 64


def wallet_id_of(chain_id: int, address: str) -> str:
    """Return the id of the wallet with this checksummed address: `1-0x…`."""
    return f"{chain_id}-{address}"


def registration_correlation(wallet_id: str) -> str:
    """Return the correlation of the event that says what a wallet began with."""
    return make_correlation_id(CorrelationKind.WALLET, _bounded(wallet_id))


def transaction_correlation(wallet_id: str, nonce: int) -> str:
    """Return the correlation of the event that tells how the transaction at a nonce ended."""
    return make_correlation_id(CorrelationKind.WALLET, _bounded(f"{wallet_id}-{nonce}"))


def reconciliation_correlation(report_id: str) -> str:
    """Return the correlation of a request to reconcile and of its report."""
    return make_correlation_id(CorrelationKind.WALLET, report_id)


def _bounded(identifier: str) -> str:
    """Return an identifier that is not too long: a rollup's chain id may have 19 digits."""
    if len(identifier) <= MAX_IDENTIFIER_LENGTH:
        return identifier
    return hashlib.sha256(identifier.encode()).hexdigest()
