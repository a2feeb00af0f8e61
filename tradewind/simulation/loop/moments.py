"""The market at a decision and at its arrival, over candles or over recorded pool states."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from tradewind.contracts.backtests.model import (
    ConstantMarket,
    ExecutionTerms,
    Run,
    ShapedMarket,
)
from tradewind.simulation.inputs import IntColumn, PoolHistory, RunInputs
from tradewind.simulation.loop.timeline import Timeline
from tradewind.simulation.markets.modelled import (
    NO_SHIFTS,
    ConstantPools,
    Model,
    ShapedPools,
    Shifts,
)
from tradewind.simulation.markets.pools import PoolSet, maker
from tradewind.simulation.markets.recorded import RecordedPools
from tradewind.simulation.records import Pair, new
from tradewind.simulation.trading.desk import Moment
from tradewind.simulation.trading.plan import Gas
from tradewind.trading.tokens import NATIVE_SYMBOL

WEI_DECIMALS = 18


class Native(NamedTuple):
    """Where the price of the native coin comes from."""

    instrument: int | None
    """None where quote is the coin itself, or nothing prices it and gas costs nothing."""
    fixed: tuple[int, int]
    """Price and decimals."""


def native_of(pairs: Sequence[Pair]) -> Native:
    """Return the instrument that prices the native coin in quote."""
    if pairs[0].quote.symbol == NATIVE_SYMBOL:
        return Native(None, (1, 0))
    for index, pair in enumerate(pairs):
        if pair.base.symbol == NATIVE_SYMBOL:
            return Native(index, (0, 0))
    return Native(None, (0, 0))


def gas_of_price(native: tuple[int, int], gas_price_wei: int, quote_decimals: int) -> Gas:
    """Return what a unit of gas costs in base units of quote; `native` is price and decimals."""
    price, decimals = native
    return Gas(price * gas_price_wei * 10**quote_decimals, 10 ** (decimals + WEI_DECIMALS))


class Met(NamedTuple):
    """What an order over candles meets: times, and prices as the candles have them."""

    decided_ms: int
    arrived_ms: int
    price: int
    arrival_price: int


class CandleMoments:
    """Moments over candles: decided at a close, arrived at a later bar's open or within it."""

    def __init__(
        self, run: Run, pairs: Sequence[Pair], timeline: Timeline, inputs: RunInputs
    ) -> None:
        self._terms: ExecutionTerms = run.execution
        self._pairs = pairs
        self._timeline = timeline
        self._native = native_of(pairs)
        self._models = [_source(run, pair, inputs) for pair in pairs]
        self._wei = run.execution.gas_price_wei
        decimals = {self._native.fixed[1], *(one.price_decimals for one in timeline.candles)}
        self._gas_units = {one: 10 ** (one + WEI_DECIMALS) for one in decimals}
        self._quote_unit = 10 ** pairs[0].quote.decimals
        self.bars_later = 1 + run.execution.latency_ms // timeline.interval_ms
        self._within_ms = run.execution.latency_ms % timeline.interval_ms

    def met(self, instrument: int, rows: IntColumn) -> tuple[IntColumn, ...]:
        """Return what orders meet that are decided at the closes of some rows, as `Met` has it."""
        candles = self._timeline.candles[instrument]
        arrivals = rows + self.bars_later
        prices = candles.open[arrivals]
        if self._terms.intrabar == "linear":
            way = (candles.close[arrivals] - prices).astype(object) * self._within_ms
            exact = np.maximum(prices + way // candles.interval_ms, 1)
            prices = exact.astype(np.int64)
        return (
            candles.open_times_ms[rows] + candles.interval_ms,
            candles.open_times_ms[arrivals] + self._within_ms,
            candles.close[rows],
            prices,
        )

    def at(self, instrument: int, met: Met, shifts: tuple[Shifts, Shifts]) -> Moment | None:
        """Return the markets of an order; None without any pool."""
        candles, model = self._timeline.candles[instrument], self._models[instrument]
        decision: PoolSet | None
        arrival: PoolSet | None
        if isinstance(model, _Replayed):
            decision, arrival = model.at(met.decided_ms), model.at(met.arrived_ms)
        else:
            decimals = candles.price_decimals
            decision = arrival = model.at(met.price, decimals, shifts[0])
            if met.arrival_price != met.price or shifts[0] != shifts[1]:
                arrival = model.at(met.arrival_price, decimals, shifts[1])
        if decision is None or arrival is None:
            return None
        source = self._native.instrument
        is_own = source == instrument
        native = (met.price, candles.price_decimals) if is_own else self._native_at(met)
        wei = self._wei
        gas = new(Gas, (native[0] * wei * self._quote_unit, self._gas_units[native[1]]))
        return Moment(met.decided_ms, met.arrived_ms, decision, arrival, gas, wei, native)

    def natives(self, decided_ms: IntColumn) -> tuple[IntColumn, int]:
        """Return the native coin's prices at some moments, and the decimals of all of them."""
        source, fixed = self._native
        if source is None:
            return np.full(len(decided_ms), fixed[0], np.int64), fixed[1]
        candles = self._timeline.candles[source]
        rows = candles.close_times_ms.searchsorted(decided_ms, side="right") - 1
        return candles.close[np.maximum(rows, 0)], candles.price_decimals

    def constant(self, instrument: int) -> tuple[ConstantPools, int]:
        """Return the model of an instrument's pools and the decimals of its prices.

        ValueError where the pools have other depths at other prices.
        """
        model = self._models[instrument]
        if not isinstance(model, ConstantPools):
            raise ValueError(f"the pools of {model} differ from price to price")
        return model, self._timeline.candles[instrument].price_decimals

    def _native_at(self, met: Met) -> tuple[int, int]:
        """Return the native coin's price at the newest close."""
        source, fixed = self._native
        if source is None:
            return fixed
        candles = self._timeline.candles[source]
        row = int(candles.close_times_ms.searchsorted(met.decided_ms, side="right")) - 1
        return int(candles.close[max(row, 0)]), candles.price_decimals


class _Replayed:
    """The pools of a pair as their events replayed them."""

    def __init__(self, histories: Sequence[PoolHistory], pools: RecordedPools) -> None:
        self._histories = histories
        self._pools = pools

    def at(self, moment_ms: int) -> PoolSet | None:
        return self._pools.at(self._histories, moment_ms)


def _source(run: Run, pair: Pair, inputs: RunInputs) -> Model | _Replayed:
    make = maker(pair, rust_engine_enabled=inputs.rust_engine_enabled)
    match run.market:
        case ConstantMarket():
            return ConstantPools(pair, run.market, make)
        case ShapedMarket():
            return ShapedPools(pair, run.market, inputs.shapes, make)
        case _:
            return _Replayed(inputs.pools.get(pair.instrument, ()), RecordedPools(make))


def shifts_of(found: Mapping[int, tuple[int, int]], bar: int, half_life: int) -> Shifts:
    """Return what is left at a bar of shifts that began as a ratio at another; none gives none."""
    if not found:
        return NO_SHIFTS
    return {
        place: decayed(ratio, bar - begun, half_life) for place, (ratio, begun) in found.items()
    }


def decayed(ratio_x96: int, bars: int, half_life: int) -> int:
    """Return a ratio in Q96 after some bars: its logarithm halves every half-life.

    Decimal arithmetic is rounded right on every machine, floating point powers are not.
    """
    if bars <= 0:
        return ratio_x96
    whole, part = divmod(bars, half_life)
    if whole > 96:
        return 1 << 96
    share = Decimal(2) ** (-Decimal(part) / Decimal(half_life)) / Decimal(2) ** whole
    unit = Decimal(1 << 96)
    return int((Decimal(ratio_x96) / unit) ** share * unit)
