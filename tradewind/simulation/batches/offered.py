"""Says which runs the extension can trade."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from tradewind.contracts.backtests.model import ConstantMarket, Run
from tradewind.simulation.batches.calls import (
    OrderOfBatch,
    PairOfBatch,
    order_of_batch,
    pair_of_batch,
    terms_of_batch,
)
from tradewind.simulation.batches.trading import Sides, Trade, Trader
from tradewind.simulation.inputs import CLOSE, RunInputs
from tradewind.simulation.loop.arrivals import Arrivals
from tradewind.simulation.loop.moments import CandleMoments
from tradewind.simulation.trading.desk import Order

NOTHING: Final[OrderOfBatch] = (0, False, False, True, 0)
"""Stands for what no arrival wants."""


def trader_of(
    run: Run,
    inputs: RunInputs,
    sides: Sides,
    meeting: tuple[CandleMoments, Arrivals],
    order_of: Callable[[int], Order],
) -> Trader | None:
    """Return what trades the arrivals of a slice in the extension; None where it cannot.

    The extension is there and wanted, pools have one depth at every price, their state is not the
    run's own doing, nothing is drawn, and no order has a limit price. `order_of` is asked for what
    arrivals want.
    """
    moments, arrivals = meeting
    trade = _extension() if inputs.rust_engine_enabled else None
    limits, is_certain = sides.terms.limits, sides.terms.behaviour.is_certain
    is_refused = limits.is_slippage_refused or limits.max_drawdown is not None
    is_simple = isinstance(run.market, ConstantMarket) and run.execution.own_impact == "transient"
    is_simple = is_simple and all(one.limit_price is None for one in arrivals.wanted)
    if trade is None or is_refused or not is_certain or not is_simple:
        return None
    natives, decimals = moments.natives(arrivals.decided_ms)
    terms = terms_of_batch(sides.terms, sides.book, run.execution.gas_price_wei, decimals)
    told = terms, _pairs(sides, moments), _orders(arrivals, order_of)
    columns = (
        arrivals.codes,
        arrivals.decided_ms,
        arrivals.arrived_ms,
        arrivals.prices,
        arrivals.arrival_prices,
        natives,
    )
    return Trader(trade, sides, moments, told, (arrivals, np.stack(columns).tobytes()))


def _extension() -> Trade | None:
    try:
        from tradewind_router import trade_in_turn
    except ImportError:
        return None
    return trade_in_turn


def _pairs(sides: Sides, moments: CandleMoments) -> Sequence[PairOfBatch]:
    return [
        pair_of_batch(pair, *moments.constant(index))
        for index, pair in enumerate(sides.terms.pairs)
    ]


def _orders(arrivals: Arrivals, order_of: Callable[[int], Order]) -> Sequence[OrderOfBatch]:
    found = [NOTHING] * len(arrivals.wanted)
    for code in np.unique(arrivals.codes).tolist():
        is_all = arrivals.wanted[code].side == CLOSE
        found[code] = order_of_batch(order_of(code), is_all)
    return found
