"""The market at a decision and at its arrival, over candles or over recorded pool states."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from tradewind.contracts.backtests.model import (
    ConstantMarket,
    ExecutionTerms,
    Run,
    ShapedMarket,
)
from tradewind.contracts.precision import EXACT
from tradewind.simulation.inputs import PoolHistory, RunInputs
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
from tradewind.simulation.records import Pair
from tradewind.simulation.trading.desk import Moment
from tradewind.simulation.trading.plan import Gas
from tradewind.trading.tokens import NATIVE_SYMBOL

WEI_DECIMALS = 18


class Native(NamedTuple):
    """Where the price of the native coin comes from."""

    instrument: int | None
    """None where quote is the coin itself, or nothing prices it and gas costs nothing."""
    fixed: Decimal


def native_of(pairs: Sequence[Pair]) -> Native:
    """Return the instrument that prices the native coin in quote."""
    if pairs[0].quote.symbol == NATIVE_SYMBOL:
        return Native(None, Decimal(1))
    for index, pair in enumerate(pairs):
        if pair.base.symbol == NATIVE_SYMBOL:
            return Native(index, Decimal(0))
    return Native(None, Decimal(0))


def gas_of_price(native_price: Decimal, gas_price_wei: int, quote_decimals: int) -> Gas:
    """Return what a unit of gas costs in base units of quote."""
    sign, digits, exponent = native_price.as_tuple()
    assert not sign
    number, power = int("".join(map(str, digits))), int(exponent) + quote_decimals - WEI_DECIMALS
    if power >= 0:
        return Gas(number * gas_price_wei * 10**power, 1)
    return Gas(number * gas_price_wei, 10**-power)


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
        self._gas: dict[int, tuple[Decimal, Gas]] = {}
        self.bars_later = 1 + run.execution.latency_ms // timeline.interval_ms
        self._within_ms = run.execution.latency_ms % timeline.interval_ms

    def at(
        self, instrument: int, row: int, arrival_row: int, shifts: tuple[Shifts, Shifts]
    ) -> Moment | None:
        """Return what an order decided at the close of a row meets; None without any pool."""
        candles, model = self._timeline.candles[instrument], self._models[instrument]
        decided_ms = int(candles.open_times_ms[row]) + candles.interval_ms
        arrived_ms = int(candles.open_times_ms[arrival_row]) + self._within_ms
        if isinstance(model, _Replayed):
            decision, arrival = model.at(decided_ms), model.at(arrived_ms)
        else:
            decimals = candles.price_decimals
            decision = model.at(int(candles.close[row]), decimals, shifts[0])
            arrival = model.at(self._arrival_price(instrument, arrival_row), decimals, shifts[1])
        if decision is None or arrival is None:
            return None
        native, gas = self._gas_at(instrument, row, decided_ms)
        price = self._terms.gas_price_wei
        return Moment(decided_ms, arrived_ms, decision, arrival, gas, price, native)

    def _arrival_price(self, instrument: int, row: int) -> int:
        candles = self._timeline.candles[instrument]
        opened = int(candles.open[row])
        if self._terms.intrabar == "open":
            return opened
        way = (int(candles.close[row]) - opened) * self._within_ms
        return max(opened + way // candles.interval_ms, 1)

    def _gas_at(self, instrument: int, row: int, decided_ms: int) -> tuple[Decimal, Gas]:
        """Return the native coin's price at the newest close, and what gas costs by it."""
        source, fixed = self._native
        if source is None:
            key, price = 0, fixed
        else:
            candles = self._timeline.candles[source]
            if source != instrument:
                found = candles.close_times_ms.searchsorted(decided_ms, side="right") - 1
                row = max(int(found), 0)
            key = int(candles.close[row])
            price = Decimal(key).scaleb(-candles.price_decimals, context=EXACT)
        known = self._gas.get(key)
        if known is None:
            if len(self._gas) > 65_536:
                self._gas.clear()
            decimals = self._pairs[0].quote.decimals
            known = price, gas_of_price(price, self._terms.gas_price_wei, decimals)
            self._gas[key] = known
        return known


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
