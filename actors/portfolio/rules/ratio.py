"""Parts and multiples of a portfolio's equity."""

from decimal import ROUND_CEILING, Decimal
from typing import Final

from tradewind.contracts.precision import PRICE

STEP: Final = Decimal("0.0001")


def ratio(value: Decimal | None, equity_usd: Decimal | None, scale: int = 1) -> Decimal | None:
    """Return value / equity, rounded up; None where one is not known or there is no equity."""
    if value is None or equity_usd is None or equity_usd <= 0:
        return None
    exact = PRICE.divide(value * scale, equity_usd)
    return exact.quantize(STEP, ROUND_CEILING, context=PRICE)
