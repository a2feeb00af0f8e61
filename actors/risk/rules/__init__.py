"""The rules of the instrument stage, one a file. Their order decides which reason is given."""

from typing import Final

from actors.risk.rules.instrument_disabled import instrument_disabled
from actors.risk.rules.instrument_reduce_only import instrument_reduce_only
from actors.risk.rules.instrument_unknown import instrument_unknown
from actors.risk.rules.lot_size import lot_size
from actors.risk.rules.market_stale import market_stale
from actors.risk.rules.notional_limit import notional_limit
from actors.risk.rules.notional_minimum import notional_minimum
from actors.risk.rules.order_size_limit import order_size_limit
from actors.risk.rules.order_size_minimum import order_size_minimum
from actors.risk.rules.price_collar import price_collar
from actors.risk.rules.price_unavailable import price_unavailable
from actors.risk.rules.slippage_limit import slippage_limit
from actors.risk.rules.tick_size import tick_size
from actors.risk.screening import Screening
from tradewind.trading.policy.findings import Rule

RULES: Final[tuple[Rule[Screening], ...]] = (
    instrument_unknown,
    instrument_disabled,
    instrument_reduce_only,
    order_size_minimum,
    order_size_limit,
    lot_size,
    tick_size,
    notional_minimum,
    notional_limit,
    slippage_limit,
    price_unavailable,
    market_stale,
    price_collar,
)
