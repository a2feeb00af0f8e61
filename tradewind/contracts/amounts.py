"""Exact conversion between whole tokens (Decimal) and base units (int)."""

from decimal import Decimal

from tradewind.contracts.precision import EXACT


def to_base_units(amount: Decimal, decimals: int) -> int:
    """Return `amount` whole tokens in base units; ValueError when that is no whole number."""
    scaled = amount.scaleb(decimals, context=EXACT)
    whole = int(scaled)
    if whole != scaled:
        raise ValueError(f"{amount} has more than {decimals} decimals")
    return whole


def from_base_units(amount: int, decimals: int) -> Decimal:
    """Return `amount` base units as whole tokens; nothing is rounded."""
    return Decimal(amount).scaleb(-decimals, context=EXACT)
