"""The portfolio of a run between slices, as the progress event carries it."""

from collections import deque
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from tradewind.contracts.amounts import from_base_units, to_base_units
from tradewind.contracts.backtests.model import Run
from tradewind.contracts.backtests.payloads import HeldInstrument, Lot, RunState
from tradewind.simulation.records import Pair
from tradewind.simulation.trading.book import Book, Holding
from tradewind.simulation.trading.totals import OfOne, Totals


class Portfolio(NamedTuple):
    """Book and totals of a run."""

    book: Book
    totals: Totals


def opened(run: Run, pairs: Sequence[Pair]) -> Portfolio:
    """Return the portfolio at the start; its lots cost nothing until they are priced."""
    quote = pairs[0].quote
    cash = to_base_units(run.portfolio.get(quote.symbol, Decimal(0)), quote.decimals)
    holdings = []
    for pair in pairs:
        amount = run.portfolio.get(pair.base.symbol)
        units = 0 if amount is None else to_base_units(amount, pair.base.decimals)
        holdings.append(Holding(units, deque([(units, 0)] if units else ())))
    totals = Totals(cash=cash, quote_decimals=quote.decimals, instruments=[OfOne() for _ in pairs])
    return Portfolio(Book(cash, holdings), totals)


def resumed(state: RunState, pairs: Sequence[Pair]) -> Portfolio:
    """Return the portfolio that a slice before left."""
    totals = Totals.from_json(state.accumulated)
    decimals = pairs[0].quote.decimals
    held = {one.instrument: one for one in state.holdings}
    holdings = []
    for pair in pairs:
        lots = deque(
            (lot.amount, to_base_units(lot.cost, decimals))
            for lot in (held[pair.instrument].lots if pair.instrument in held else ())
        )
        holdings.append(Holding(state.balances.get(pair.base.symbol, 0), lots))
    return Portfolio(Book(totals.cash, holdings), totals)


def run_state(
    portfolio: Portfolio, pairs: Sequence[Pair], strategy_state: str | None, rows_sha256: str
) -> RunState:
    """Return the state after a slice. Cash below zero is shown as none; the totals know better."""
    book, totals = portfolio
    quote = pairs[0].quote
    totals.cash = book.cash
    balances = {quote.symbol: max(book.cash, 0)}
    held = []
    for pair, holding in zip(pairs, book.holdings, strict=True):
        balances[pair.base.symbol] = holding.position
        lots = tuple(
            Lot(amount=amount, cost=from_base_units(cost, quote.decimals))
            for amount, cost in holding.lots
        )
        held.append(HeldInstrument(instrument=pair.instrument, lots=lots))
    return RunState(
        balances=balances,
        holdings=tuple(held),
        strategy_state=strategy_state,
        accumulated=totals.to_json(),
        trades=totals.records,
        equity=from_base_units(totals.end, quote.decimals),
        rows_sha256=rows_sha256,
    )
