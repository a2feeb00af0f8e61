"""Makes a slice over candles: signals, orders where there are any, equity of every bar."""

import hashlib
from collections.abc import Sequence
from decimal import Decimal
from typing import Final, NamedTuple

import numpy as np

from tradewind.contracts.backtests.model import Manifest
from tradewind.contracts.backtests.payloads import BacktestFailure
from tradewind.contracts.backtests.results import Outcome
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.simulation.errors import SimulationFailed
from tradewind.simulation.inputs import CLOSE, DISPOSE, RunInputs
from tradewind.simulation.loop.equity import Change, measure, path_of, rows_of
from tradewind.simulation.loop.marking import Marks
from tradewind.simulation.loop.moments import CandleMoments, Met
from tradewind.simulation.loop.order_sizes import SizeOf
from tradewind.simulation.loop.persistence import UNSHIFTED, OwnImpact
from tradewind.simulation.loop.portfolio_state import Portfolio
from tradewind.simulation.loop.terms import terms_of
from tradewind.simulation.loop.timeline import Timeline, timeline_of
from tradewind.simulation.records import EquityRow, Pair, TradeRecord, new
from tradewind.simulation.slices import Slice
from tradewind.simulation.strategies.columns import Signals
from tradewind.simulation.strategies.resolved import TRUNCATION, Resolved, resolve
from tradewind.simulation.trading.desk import ALL, Desk, Order
from tradewind.simulation.trading.limits import MS_A_DAY

NO_NEXT_BAR: Final = "NO_NEXT_BAR"
"""The history ended before an order could arrive."""
LINES_AT_ONCE: Final = 1_024
"""How many trades are hashed in one go."""
MAX_KEPT_ORDERS: Final = 4_096
NO_MARKET: Final = str(RiskRejectionReason.PRICE_UNAVAILABLE)


class Made(NamedTuple):
    """What is made of a slice beside the portfolio, which is changed in place."""

    trades: Sequence[TradeRecord]
    trade_lines: bytes
    """What of them is hashed."""
    equity: Sequence[EquityRow]
    strategy_state: str | None


class _Arrival(NamedTuple):
    """An order and when it arrives."""

    step: int
    instrument: int
    row: int
    day: int
    """Days since 1970."""
    side: int
    size: Decimal | None
    limit_price: Decimal | None
    met: Met | None
    """None for an order that never arrives."""


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
    desk = Desk(terms_of(manifest, pairs, portfolio.totals), portfolio.book, portfolio.totals)
    session = _Session(manifest, pairs, portfolio, timeline, moments, desk)
    session.trade(_arrivals(resolved.signals, timeline, moments), piece)
    desk.remember()
    path = path_of(timeline, pairs, piece, session.changes)
    equity = rows_of(path, piece, slices, portfolio.totals, session.trades_by_day)
    measure(path, portfolio.totals)
    return Made(session.kept, session.lines(), equity, resolved.strategy_state)


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


def _arrivals(
    signals: Sequence[Signals], timeline: Timeline, moments: CandleMoments
) -> list[_Arrival]:
    """Return orders as they arrive, those of one step by instrument; the first never arrive."""
    found: list[_Arrival] = []
    for index, one in enumerate(signals):
        length = len(timeline.candles[index])
        count = int(np.searchsorted(one.rows + moments.bars_later, length))
        rows, never = one.rows[:count], len(one) - count
        steps = timeline.steps_of(index, rows + moments.bars_later).tolist() + [-1] * never
        met = [*moments.met(index, rows), *[None] * never]
        sizes, limits = (column or [None] * len(one) for column in (one.sizes, one.limit_prices))
        days = (timeline.times_ms[steps] // MS_A_DAY).tolist()
        places = [index] * len(one)
        columns = places, one.rows.tolist(), days, one.sides.tolist(), sizes, limits, met
        found += map(_Arrival._make, zip(steps, *columns, strict=True))
    if len(signals) > 1:
        found.sort(key=lambda arrival: arrival[:3])
    return found


class _Session:
    """Trades the orders of a slice, and notes what each changed."""

    def __init__(
        self,
        manifest: Manifest,
        pairs: Sequence[Pair],
        portfolio: Portfolio,
        timeline: Timeline,
        moments: CandleMoments,
        desk: Desk,
    ) -> None:
        run = manifest.run
        self._timeline = timeline
        self._moments = moments
        self._desk = desk
        self._orders: dict[tuple[int, int, Decimal | None], Order] = {}
        self._size_of = SizeOf(run.sizing, pairs)
        self._impact = OwnImpact(run.execution, portfolio.totals)
        limit = run.limits.max_drawdown
        self._marks = None if limit is None else Marks(timeline, pairs, portfolio)
        self._keeps = run.record != "summary"
        self._hash = hashlib.sha256()
        self.changes: list[Change] = []
        self.trades_by_day: dict[int, int] = {}
        self.kept: list[TradeRecord] = []

    def trade(self, arrivals: Sequence[_Arrival], piece: Slice) -> None:
        """Trade orders in turn."""
        lines: list[str] = []
        days = self.trades_by_day
        self._note(piece.first_bar)
        for arrival in arrivals:
            if arrival.met is None:
                self._desk.totals.refuse(NO_NEXT_BAR)
                continue
            record = self._trade(arrival, arrival.met)
            if record is None:
                continue
            days[arrival.day] = days.get(arrival.day, 0) + 1
            lines.append(record.line)
            if self._keeps:
                self.kept.append(record)
            if record.outcome is not Outcome.REFUSED:
                self._note(arrival.step)
            if len(lines) == LINES_AT_ONCE:
                self._hash.update("".join(lines).encode())
                lines.clear()
        self._hash.update("".join(lines).encode())

    def lines(self) -> bytes:
        """Return the hash over all trades of the slice, kept or not."""
        return self._hash.digest()

    def _trade(self, arrival: _Arrival, met: Met) -> TradeRecord | None:
        index, side = arrival.instrument, arrival.side
        order = self._orders.get((index, side, arrival.size))
        if order is None:
            order = self._order(index, side, arrival.size)
        if arrival.limit_price is not None:
            order = order._replace(limit_price=arrival.limit_price)
        arrival_row = arrival.row + self._moments.bars_later
        impact, shifts = self._impact, UNSHIFTED
        if impact.lasts:
            shifts = impact.at(index, arrival.row + 1, arrival_row)
        moment = self._moments.at(index, met, shifts)
        if moment is None:
            self._desk.totals.refuse(NO_MARKET)
            return None
        if self._marks is not None:
            moment.drawdown = self._marks.drawdown(moment.decided_ms)
        record = self._desk.trade(order, moment)
        moment.decision.release()
        if moment.arrival is not moment.decision:
            moment.arrival.release()
        if impact.lasts and self._desk.last_fill is not None:
            impact.moved(index, arrival_row, moment, self._desk.last_fill, shifts[1])
        return record

    def _order(self, index: int, side: int, size: Decimal | None) -> Order:
        """Return the order of a signal; most signals of a run are alike."""
        made = Order(
            index,
            "dispose" if side in (DISPOSE, CLOSE) else "acquire",
            ALL if side == CLOSE else self._size_of(index, side, size),
        )
        if len(self._orders) < MAX_KEPT_ORDERS:
            self._orders[index, side, size] = made
        return made

    def _note(self, step: int) -> None:
        book = self._desk.book
        change = new(Change, (step, book.cash, tuple([one.position for one in book.holdings])))
        if self.changes and self.changes[-1].step == step:
            self.changes[-1] = change
        else:
            self.changes.append(change)
