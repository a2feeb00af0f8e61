"""Amounts as a person reads them."""

from decimal import Decimal

from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.precision import EXACT


def whole(units: int | None, token: Asset) -> str | None:
    """Return base units as whole tokens with the symbol; None where they are not known."""
    if units is None:
        return None
    amount = Decimal(units).scaleb(-token.decimals, context=EXACT).normalize(EXACT)
    return f"{amount:f} {token.symbol}"
