"""Makes `metrics@1` of a run's totals and its days."""

from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from math import sqrt
from typing import Final

from tradewind.contracts.amounts import from_base_units
from tradewind.contracts.backtests.results import Costs, Metrics
from tradewind.simulation.metrics import ratios
from tradewind.simulation.metrics.days import days_of, returns_of
from tradewind.simulation.metrics.ratios import DAYS_A_YEAR, MIN_DAYS, TOO_SHORT, Undefined
from tradewind.simulation.records import EquityRow
from tradewind.simulation.trading.totals import SHARE_UNIT, Totals

NO_TRADES: Final = "no trade was closed"
MS_A_DAY: Final = 86_400_000
STEP: Final = Decimal("0.000001")


class _Found:
    """Ratios by name; why there is none of those that are not defined."""

    def __init__(self) -> None:
        self.undefined: dict[str, str] = {}

    def of(self, name: str, compute: Callable[[], float]) -> Decimal | None:
        try:
            return ratios.shown(compute())
        except Undefined as why:
            self.undefined[name] = str(why)
            return None


def metrics_of(totals: Totals, decimals: int, rows: Sequence[EquityRow]) -> Metrics:
    """Return the metrics; every one that is None has its reason in `undefined`."""
    found, days = _Found(), days_of(rows)
    start, end = (from_base_units(one, decimals) for one in (totals.start, totals.end))
    returns = returns_of(totals.start, days)
    years = (totals.last_ms - totals.first_ms) / MS_A_DAY / DAYS_A_YEAR
    growth = Growth(start, end, years, len(returns))
    depth = found.of("max_drawdown", lambda: _depth(totals))
    return Metrics(
        start_equity=start,
        end_equity=end,
        total_return=found.of("total_return", growth.total),
        cagr=found.of("cagr", growth.yearly),
        volatility=found.of("volatility", lambda: ratios.volatility(returns)),
        sharpe=found.of("sharpe", lambda: ratios.sharpe(returns)),
        sortino=found.of("sortino", lambda: ratios.sortino(returns)),
        max_drawdown=depth,
        max_drawdown_bars=_depth_bars(totals),
        calmar=found.of("calmar", lambda: growth.yearly() / _loss(totals)),
        win_rate=found.of("win_rate", lambda: _closed(totals, totals.wins)),
        profit_factor=found.of("profit_factor", lambda: _profit_factor(totals)),
        expectancy=_expectancy(totals, decimals, found),
        expectancy_share=found.of("expectancy_share", lambda: _share(totals)),
        exposure_time=found.of("exposure_time", lambda: _per_bar(totals, totals.exposed)),
        turnover=found.of("turnover", lambda: _turnover(totals, decimals, years)),
        buy_and_hold=found.of("buy_and_hold", lambda: _benchmark(totals.start, rows)),
        probabilistic_sharpe=found.of(
            "probabilistic_sharpe", lambda: ratios.probabilistic_sharpe(returns)
        ),
        system_quality=found.of("system_quality", lambda: _system_quality(totals)),
        trades=totals.filled,
        refused=totals.refused,
        reverted=totals.reverted,
        longest_losing_run=totals.longest_losing,
        best_trade=found.of("best_trade", lambda: _of_entry(totals.best)),
        worst_trade=found.of("worst_trade", lambda: _of_entry(totals.worst)),
        costs=costs_of(totals, decimals),
        days=len(days),
        bars=totals.bars,
        undefined=found.undefined,
    )


def costs_of(totals: Totals, decimals: int) -> Costs:
    """Return what trading cost, in whole quote."""
    return Costs(
        pool_fees=from_base_units(totals.fees, decimals),
        gas=from_base_units(totals.gas, decimals),
        reverted_gas=from_base_units(totals.reverted_gas, decimals),
        price_impact=from_base_units(totals.impact, decimals),
        volume=from_base_units(totals.volume, decimals),
    )


class Growth:
    """How equity grew from start to end."""

    def __init__(self, start: Decimal, end: Decimal, years: float, days: int) -> None:
        self._start, self._end, self._years, self._days = start, end, years, days

    def total(self) -> float:
        """Return the growth of the whole time; Undefined where there was nothing."""
        if self._start <= 0:
            raise Undefined("the run began with nothing")
        return float(self._end / self._start) - 1.0

    def yearly(self) -> float:
        """Return the growth of a year at the same pace; Undefined for a short time."""
        total = self.total()
        if self._days < MIN_DAYS or self._years <= 0:
            raise Undefined(TOO_SHORT)
        if total <= -1.0:
            raise Undefined("everything was lost")
        try:
            return float((1.0 + total) ** (1.0 / self._years)) - 1.0
        except OverflowError:
            raise Undefined("it is beyond every bound") from None


def _depth(totals: Totals) -> float:
    if not totals.bars:
        raise Undefined("there are no bars")
    return totals.depth


def _loss(totals: Totals) -> float:
    if totals.depth == 0:
        raise Undefined("equity never fell")
    return abs(totals.depth)


def _depth_bars(totals: Totals) -> int | None:
    if totals.depth == 0:
        return None
    end = totals.bars - 1 if totals.recovered_bar < 0 else totals.recovered_bar
    return end - totals.depth_bar


def _closed(totals: Totals, count: int) -> float:
    if not totals.closed:
        raise Undefined(NO_TRADES)
    return count / totals.closed


def _profit_factor(totals: Totals) -> float:
    if not totals.closed:
        raise Undefined(NO_TRADES)
    if not totals.losses:
        raise Undefined("no closed trade lost anything")
    return totals.gains / totals.losses


def _expectancy(totals: Totals, decimals: int, found: _Found) -> Decimal | None:
    if not totals.closed:
        found.undefined["expectancy"] = NO_TRADES
        return None
    total = from_base_units(totals.gains - totals.losses, decimals)
    return (total / totals.closed).quantize(STEP, rounding=ROUND_HALF_EVEN)


def _share(totals: Totals) -> float:
    if not totals.measured:
        raise Undefined(NO_TRADES)
    return totals.shares / totals.measured / SHARE_UNIT


def _of_entry(share: int | None) -> float:
    if share is None:
        raise Undefined(NO_TRADES)
    return share / SHARE_UNIT


def _per_bar(totals: Totals, count: int) -> float:
    if not totals.bars:
        raise Undefined("there are no bars")
    return count / totals.bars


def _turnover(totals: Totals, decimals: int, years: float) -> float:
    average = _per_bar(totals, 1) * totals.equity_sum
    if average <= 0 or years <= 0:
        raise Undefined("there was no equity on the average")
    return totals.volume / 10.0**decimals / average / years


def _benchmark(start: int, rows: Sequence[EquityRow]) -> float:
    if not rows or start <= 0:
        raise Undefined("there are no bars")
    return rows[-1].benchmark / start - 1.0


def _system_quality(totals: Totals) -> float:
    """Return sqrt(n) times mean over deviation of profits, n at most 100 (Van Tharp)."""
    count = totals.closed
    if count < 2:
        raise Undefined("fewer than two trades were closed")
    total = totals.gains - totals.losses
    variance = totals.squares * count - total * total
    if variance <= 0:
        raise Undefined("the profits are all equal")
    spread = sqrt(variance / (count * (count - 1)))
    return sqrt(min(count, 100)) * (total / count) / spread
