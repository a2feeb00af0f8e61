"""Makes a slice over candles: signals, orders where there are any, equity of every bar."""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tradewind.contracts.backtests.model import Manifest
from tradewind.contracts.backtests.payloads import BacktestFailure
from tradewind.simulation.errors import SimulationFailed
from tradewind.simulation.inputs import RunInputs
from tradewind.simulation.loop.arrivals import arrivals_of
from tradewind.simulation.loop.equity import measure, path_of, rows_of
from tradewind.simulation.loop.moments import CandleMoments
from tradewind.simulation.loop.portfolio_state import Portfolio
from tradewind.simulation.loop.session import Session
from tradewind.simulation.loop.timeline import Timeline, timeline_of
from tradewind.simulation.records import EquityRow, Pair, TradeRecord
from tradewind.simulation.slices import Slice
from tradewind.simulation.strategies.resolved import TRUNCATION, Resolved, resolve


class Made(NamedTuple):
    """What is made of a slice beside the portfolio, which is changed in place."""

    trades: Sequence[TradeRecord]
    trade_lines: bytes
    """What of them is hashed."""
    equity: Sequence[EquityRow]
    strategy_state: str | None


def run_bars(
    manifest: Manifest,
    inputs: RunInputs,
    pairs: Sequence[Pair],
    portfolio: Portfolio,
    place: tuple[Slice, int],
    before: str | None,
) -> Made:
    """Return a slice of bars; orders belong to the slice in which they arrive."""
    (piece, slices), timeline = place, timeline_of(manifest, inputs)
    moments = CandleMoments(manifest.run, pairs, timeline, inputs)
    is_last = piece.end_bar == manifest.bars_total
    rows = _rows_of(timeline, piece, moments.bars_later, is_last)
    resolved = resolve(manifest, inputs, timeline, rows, before)
    _keep(portfolio, resolved)
    if piece.number == 1:
        open_portfolio(portfolio, pairs, timeline)
    session = Session(manifest, inputs, pairs, portfolio, timeline, moments)
    session.trade(arrivals_of(resolved.signals, timeline, moments), piece)
    path = path_of(timeline, pairs, piece, session.changes, portfolio.totals.peak)
    equity = rows_of(path, piece, slices, portfolio.totals, session.trades_by_day)
    measure(path, portfolio.totals)
    return Made(session.trades, session.lines(), equity, resolved.strategy_state)


def _rows_of(timeline: Timeline, piece: Slice, later: int, is_last: bool) -> list[range]:
    """Return the candles of each instrument whose orders arrive in a slice.

    The last slice has those too whose orders never arrive.
    """
    found = []
    for candles in timeline.candles:
        edges = timeline.times_ms[[piece.first_bar]] if piece.bars else timeline.times_ms[:0]
        first = int(np.searchsorted(candles.open_times_ms, edges[0])) if piece.bars else 0
        if is_last:
            end = len(candles)
        else:
            end_ms = timeline.times_ms[piece.end_bar]
            end = int(np.searchsorted(candles.open_times_ms, end_ms)) - later
        begin = max(first - later, 0) if piece.number > 1 else 0
        found.append(range(begin, max(end, begin)))
    return found


def _keep(portfolio: Portfolio, resolved: Resolved) -> None:
    """Add the signals of a slice to their hash, and see that those of the whole stay the same."""
    totals = portfolio.totals
    found = hashlib.sha256(totals.signals.encode())
    for one in resolved.signals:
        found.update(one.digest())
    totals.signals = found.hexdigest()
    if totals.whole_signals not in ("", resolved.whole_sha256):
        detail = "it gives other signals for the same candles in the next slice"
        raise SimulationFailed(BacktestFailure.STRATEGY_FAILED, detail)
    totals.whole_signals = resolved.whole_sha256
    totals.guards.setdefault(TRUNCATION, resolved.guard)


def open_portfolio(portfolio: Portfolio, pairs: Sequence[Pair], timeline: Timeline) -> None:
    """Price what is held at the first opens: that is where equity and lots begin."""
    book, totals = portfolio
    worth = book.cash
    for pair, holding, candles in zip(pairs, book.holdings, timeline.candles, strict=True):
        scale = candles.price_decimals + pair.base.decimals
        units = holding.position * int(candles.open[0]) * 10**pair.quote.decimals // 10**scale
        worth += units
        if holding.lots:
            holding.lots[0] = (holding.position, units)
    totals.start = totals.end = worth
    totals.peak = worth / 10.0 ** pairs[0].quote.decimals
    totals.first_ms = int(timeline.times_ms[0])
    totals.last_ms = int(timeline.times_ms[-1]) + timeline.interval_ms
