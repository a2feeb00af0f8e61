"""Makes a slice over recorded flows: each is decided again on the market it was recorded with."""

import hashlib
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import numpy as np

from tradewind.contracts.backtests.model import Manifest
from tradewind.contracts.backtests.payloads import BacktestFailure
from tradewind.contracts.precision import EXACT
from tradewind.simulation.errors import SimulationFailed
from tradewind.simulation.inputs import Candles, RecordedFlow, RunInputs
from tradewind.simulation.loop.bars import Made, open_portfolio
from tradewind.simulation.loop.changes import Change, Changes, ListedChanges
from tradewind.simulation.loop.equity import measure, path_of, rows_of
from tradewind.simulation.loop.marking import Marks
from tradewind.simulation.loop.moments import gas_of_price, native_of
from tradewind.simulation.loop.portfolio_state import Portfolio
from tradewind.simulation.loop.terms import terms_of
from tradewind.simulation.loop.timeline import Timeline
from tradewind.simulation.markets.pools import PoolSet, maker
from tradewind.simulation.markets.recorded import RecordedPools
from tradewind.simulation.records import Pair, TradeRecord
from tradewind.simulation.slices import Slice
from tradewind.simulation.trading.desk import Desk, Moment, Order, Size
from tradewind.simulation.trading.limits import MS_A_DAY

NO_MARKET: Final = "PRICE_UNAVAILABLE"
PRICE_DIGITS: Final = 15
"""Of the marks that equity is counted at; four are left for prices that rise."""


class _Markets:
    """The pools of each flow, made once."""

    def __init__(self, pairs: Sequence[Pair], inputs: RunInputs) -> None:
        self._pools = {
            pair.instrument: RecordedPools(
                maker(pair, rust_engine_enabled=inputs.rust_engine_enabled)
            )
            for pair in pairs
        }

    def of(self, flow: RecordedFlow) -> tuple[PoolSet, PoolSet] | None:
        """Return the pools of decision and arrival; None where there is none."""
        pools = self._pools[flow.instrument]
        decision, arrival = pools.of(flow.decision_pools), pools.of(flow.arrival_pools)
        return None if decision is None or arrival is None else (decision, arrival)


def run_flows(
    manifest: Manifest,
    inputs: RunInputs,
    pairs: Sequence[Pair],
    portfolio: Portfolio,
    place: tuple[Slice, int],
    before: str | None,
) -> Made:
    """Return a slice of flows; a flow is a step."""
    assert before is None, "recorded flows have no strategy"
    (piece, slices), flows = place, inputs.flows
    _check(manifest, flows, pairs)
    timeline = _marked(flows, pairs)
    if piece.number == 1 and flows:
        open_portfolio(portfolio, pairs, timeline)
    totals = portfolio.totals
    totals.guards.setdefault("truncation", "not needed: recorded flows")
    desk = Desk(terms_of(manifest, pairs, totals), portfolio.book, totals)
    session = _FlowSession(manifest, pairs, inputs, portfolio, timeline, desk)
    session.trade(flows, piece)
    desk.remember()
    changes = Changes([ListedChanges(session.changes)])
    path = path_of(timeline, pairs, piece, changes, totals.peak)
    equity = rows_of(path, piece, slices, totals, session.trades_by_day)
    measure(path, totals)
    _hash_flows(flows[piece.first_bar : piece.end_bar], portfolio)
    return Made(session.kept, session.digest.digest(), equity, None)


class _FlowSession:
    def __init__(
        self,
        manifest: Manifest,
        pairs: Sequence[Pair],
        inputs: RunInputs,
        portfolio: Portfolio,
        timeline: Timeline,
        desk: Desk,
    ) -> None:
        self._run = manifest.run
        self._pairs = pairs
        self._places = {pair.instrument: place for place, pair in enumerate(pairs)}
        self._markets = _Markets(pairs, inputs)
        self._timeline = timeline
        self._desk = desk
        self._marks = Marks(timeline, pairs, portfolio)
        self.digest = hashlib.sha256()
        self.changes: list[Change] = []
        self.trades_by_day: dict[int, int] = {}
        self.kept: list[TradeRecord] = []

    def trade(self, flows: Sequence[RecordedFlow], piece: Slice) -> None:
        """Decide the flows of a slice in their order."""
        self._note(piece.first_bar)
        for step in range(piece.first_bar, piece.end_bar):
            flow = flows[step]
            record = self._trade(flow)
            if record is None:
                self._desk.totals.refuse(NO_MARKET)
                continue
            day = flow.decided_ms // MS_A_DAY
            self.trades_by_day[day] = self.trades_by_day.get(day, 0) + 1
            self.digest.update(record.line.encode())
            if self._run.record != "summary":
                self.kept.append(record)
            self._note(step)

    def _trade(self, flow: RecordedFlow) -> TradeRecord | None:
        found = self._markets.of(flow)
        if found is None:
            return None
        native, wei = self._native(flow), flow.gas_price_wei
        wei = self._run.execution.gas_price_wei if wei is None else wei
        gas = gas_of_price(native, wei, self._pairs[0].quote.decimals)
        moment = Moment(flow.decided_ms, flow.arrived_ms, *found, gas, wei, native)
        moment.slippage = flow.max_slippage
        if self._run.limits.max_drawdown is not None:
            moment.drawdown = self._marks.drawdown(flow.decided_ms)
        order = Order(self._places[flow.instrument], flow.side, Size(False, flow.amount))
        return self._desk.trade(order, moment)

    def _native(self, flow: RecordedFlow) -> tuple[int, int]:
        """Return the price of the native coin: the flow's own, or the newest mark."""
        if flow.native_price is not None:
            exponent = min(int(flow.native_price.as_tuple().exponent), 0)
            return int(flow.native_price.scaleb(-exponent, context=EXACT)), -exponent
        source, fixed = native_of(self._pairs)
        if source is None:
            return fixed
        candles = self._timeline.candles[source]
        row = int(candles.open_times_ms.searchsorted(flow.decided_ms, side="right")) - 1
        return int(candles.close[max(row, 0)]), candles.price_decimals

    def _note(self, step: int) -> None:
        book = self._desk.book
        positions = tuple(one.position for one in book.holdings)
        change = Change(step, book.cash, positions)
        if self.changes and self.changes[-1].step == step:
            self.changes[-1] = change
        else:
            self.changes.append(change)


def _check(manifest: Manifest, flows: Sequence[RecordedFlow], pairs: Sequence[Pair]) -> None:
    if len(flows) != manifest.bars_total:
        detail = f"{len(flows)} flows, the manifest says {manifest.bars_total}"
        raise SimulationFailed(BacktestFailure.DATA_CHANGED, detail)
    known, last = {pair.instrument for pair in pairs}, 0
    for place, flow in enumerate(flows):
        if flow.instrument not in known:
            detail = f"{flow.instrument} is not of the run"
            raise SimulationFailed(BacktestFailure.DATA_CHANGED, detail, f"flow {place}")
        if flow.decided_ms < last or flow.amount <= 0:
            detail = "flows are in the order they were decided, of amounts above 0"
            raise SimulationFailed(BacktestFailure.DATA_CHANGED, detail, f"flow {place}")
        last = flow.decided_ms


def _marked(flows: Sequence[RecordedFlow], pairs: Sequence[Pair]) -> Timeline:
    """Return a timeline of which each step is a flow, marked at the mid price it was decided at."""
    times = np.fromiter((flow.decided_ms for flow in flows), np.int64, len(flows))
    return Timeline(times, [_marks_of(flows, pair) for pair in pairs], 0)


def _marks_of(flows: Sequence[RecordedFlow], pair: Pair) -> Candles:
    """Return candles of no length; a flow without pools has the mark of the one before."""
    times, prices = [], []
    for flow in flows:
        if flow.instrument == pair.instrument and flow.decision_pools:
            deepest = max(flow.decision_pools, key=lambda pool: pool.liquidity)
            times.append(flow.decided_ms)
            prices.append(price_at(deepest.sqrt_price_x96, pair))
    first = prices[0] if prices else Decimal(1)
    decimals = min(max(PRICE_DIGITS - first.adjusted(), 0), 18)
    marks = [max(int(price.scaleb(decimals, context=EXACT)), 1) for price in prices]
    column = np.array(marks or [1], np.int64)
    opened = np.array(times or [0], np.int64)
    return Candles(
        pair.instrument, 0, decimals, opened, column, column, column, column, np.zeros(len(column))
    )


def price_at(sqrt_price_x96: int, pair: Pair) -> Decimal:
    """Return quote per whole base at a square root price, with 36 digits after the point."""
    numerator, denominator = sqrt_price_x96 * sqrt_price_x96, 1 << 192
    if not pair.is_base_token0:
        numerator, denominator = denominator, numerator
    units = numerator * 10 ** (36 + pair.base.decimals) // denominator
    return Decimal(units).scaleb(-36 - pair.quote.decimals, context=EXACT)


def _hash_flows(flows: Sequence[RecordedFlow], portfolio: Portfolio) -> None:
    found = hashlib.sha256(portfolio.totals.signals.encode())
    for flow in flows:
        line = (
            f"{flow.decided_ms}|{flow.instrument}|{flow.side}|{flow.amount}|{flow.max_slippage}\n"
        )
        found.update(line.encode())
    portfolio.totals.signals = found.hexdigest()
