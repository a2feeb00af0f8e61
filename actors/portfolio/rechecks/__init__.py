"""What is checked again of an order when a person approves it: the first stage looked earlier.

The portfolio's own rules run again as well, all of them. An approval lifts the threshold, and no
other limit.
"""

from typing import Final

from actors.portfolio.approval import Approval
from actors.portfolio.rechecks.instrument_enabled import instrument_enabled
from actors.portfolio.rechecks.notional_limit import notional_limit
from actors.portfolio.rechecks.order_size_limit import order_size_limit
from actors.portfolio.rechecks.price_collar import price_collar
from actors.portfolio.rechecks.price_unavailable import price_unavailable
from actors.portfolio.rechecks.slippage_limit import slippage_limit
from tradewind.trading.policy.findings import Rule

RECHECKS: Final[tuple[Rule[Approval], ...]] = (
    instrument_enabled,
    price_unavailable,
    price_collar,
    order_size_limit,
    notional_limit,
    slippage_limit,
)
