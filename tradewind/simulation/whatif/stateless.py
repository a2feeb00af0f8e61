"""The rules of one order by itself, over all orders at once: what `cores.judge` says of each."""

from typing import NamedTuple

import numpy as np

from tradewind.contracts.risk.reasons import RiskRejectionReason as Reason
from tradewind.simulation.whatif.changes import RULES_BY_LIMIT, SLIPPAGE_SCALE, ChangedLimits
from tradewind.simulation.whatif.rows import BITS, UNKNOWN, Column, Flags, Orders


class Screened(NamedTuple):
    """What failed of each order, by the changed limits of one order and else as recorded."""

    instrument_mask: Column
    portfolio_mask: Column
    unknown: Flags
    """Orders of which a number was not recorded that a changed limit is held against."""


def screen(orders: Orders, changes: ChangedLimits) -> Screened:
    """Return the rules that fail; those of limits about the portfolio are taken away."""
    gone = sum(BITS[RULES_BY_LIMIT[name]] for name in changes.named)
    instrument_mask = orders.instrument_mask & ~np.int64(gone)
    portfolio_mask = orders.portfolio_mask & ~np.int64(gone)
    rows = orders.rows
    notional, slippage = rows["notional_millionths"], rows["slippage_e18"]
    unknown = np.zeros(len(orders), bool)
    if (most := changes.scaled("max_notional_usd")) is not None:
        instrument_mask |= _failed(notional > most, Reason.NOTIONAL_LIMIT)
        unknown |= notional == UNKNOWN
    if (least := changes.scaled("min_notional_usd")) is not None:
        is_small = (notional < least) & (notional != UNKNOWN)
        is_sale = rows["is_sale"] == 1
        instrument_mask |= _failed(is_small & ~is_sale, Reason.NOTIONAL_MINIMUM)
        # All that is left may be sold, however little it is.
        is_part = is_sale & (rows["amount_billionths"] < rows["held_billionths"])
        portfolio_mask |= _failed(is_small & is_part, Reason.NOTIONAL_MINIMUM)
        unknown |= notional == UNKNOWN
    if (fraction := changes.scaled("max_slippage", SLIPPAGE_SCALE)) is not None:
        instrument_mask |= _failed(slippage > fraction, Reason.SLIPPAGE_LIMIT)
        unknown |= slippage == UNKNOWN
    return Screened(instrument_mask, portfolio_mask, unknown)


def _failed(failed: Flags, rule: Reason) -> Column:
    return failed.astype(np.int64) * BITS[rule]
