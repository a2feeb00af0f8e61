"""`metrics@1` against formulas written a second time, after empyrical and the cited papers."""

import math
from decimal import Decimal
from itertools import combinations

import numpy as np
import pytest

from tests.unit.simulation.factories import Ran, of_closes, ran, random_candles
from tests.unit.simulation.test_runs import at
from tradewind.simulation.metrics import ratios
from tradewind.simulation.metrics.days import days_of, returns_of
from tradewind.simulation.metrics.overfitting import BLOCKS, probability_of_overfitting
from tradewind.simulation.metrics.ratios import Undefined
from tradewind.simulation.strategies.loading import load

HOUR_MS = 3_600_000
RUN = ran(random_candles(24 * 120, seed=9, interval_ms=HOUR_MS, step=0.01))
RETURNS = np.random.default_rng(1).normal(0.001, 0.02, 250)


def _equity(run: Ran) -> list[float]:
    """Return the equity of every bar, from trades and candles alone."""
    cash, held, place, found = 10_000.0, 0.0, 0, []
    candles = random_candles(24 * 120, seed=9, interval_ms=HOUR_MS, step=0.01)
    for opened, close in zip(candles.open_times_ms.tolist(), candles.closes.tolist(), strict=True):
        while place < len(run.trades) and run.trades[place].arrived_ms < opened + HOUR_MS:
            trade = run.trades[place]
            cash -= trade.gas / 1e6
            if trade.side == "acquire":
                cash, held = cash - trade.amount_in / 1e6, held + trade.amount_out / 1e18
            else:
                cash, held = cash + trade.amount_out / 1e6, held - trade.amount_in / 1e18
            place += 1
        found.append(cash + held * close)
    return found


def test_metrics_are_those_of_their_definitions() -> None:
    metrics, equity = RUN.results.metrics, _equity(RUN)
    daily = [equity[hour] for hour in range(23, len(equity), 24)]
    before = [10_000.0, *daily[:-1]]
    returns = [end / start - 1 for start, end in zip(before, daily, strict=True)]
    mean = sum(returns) / len(returns)
    deviation = math.sqrt(sum((one - mean) ** 2 for one in returns) / (len(returns) - 1))
    downside = math.sqrt(sum(min(one, 0) ** 2 for one in returns) / len(returns))
    peak, worst = 10_000.0, 0.0
    for one in equity:
        peak = max(peak, one)
        worst = min(worst, one / peak - 1)
    cagr = (equity[-1] / 10_000) ** (365 / 120) - 1
    profits = [one.profit for one in RUN.trades if one.profit is not None]
    gains, losses = sum(p for p in profits if p > 0), -sum(p for p in profits if p <= 0)
    notional = sum(one.amount_in if one.side == "acquire" else one.amount_out for one in RUN.trades)
    expected = {
        "total_return": equity[-1] / 10_000 - 1,
        "cagr": cagr,
        "volatility": deviation * math.sqrt(365),
        "sharpe": mean / deviation * math.sqrt(365),
        "sortino": mean / downside * math.sqrt(365),
        "max_drawdown": worst,
        "calmar": cagr / abs(worst),
        "win_rate": sum(p > 0 for p in profits) / len(profits),
        "profit_factor": gains / losses,
        "expectancy": sum(profits) / len(profits) / 1e6,
        "turnover": notional / 1e6 / (sum(equity) / len(equity)) / (120 / 365),
    }

    for name, value in expected.items():
        assert float(getattr(metrics, name)) == pytest.approx(value, abs=2e-6, rel=2e-6), name
    assert (metrics.days, metrics.bars, metrics.trades) == (120, 24 * 120, len(RUN.trades))
    assert metrics.undefined == {}


def test_months_compound_to_the_whole() -> None:
    results = RUN.results
    product = 1.0
    for month in results.months:
        assert month.total_return is not None
        product *= 1 + float(month.total_return)

    assert [one.month for one in results.months] == ["2026-01", "2026-02", "2026-03", "2026-04"]
    assert product - 1 == pytest.approx(float(results.metrics.total_return or 0), abs=1e-5)
    assert sum(one.trades for one in results.months) == len(RUN.trades)


def test_what_instruments_earned_is_what_the_run_earned() -> None:
    run = ran(random_candles(3_000, seed=3))
    sold = [one for one in run.trades if one.profit is not None]
    (one,) = run.results.instruments

    assert one.profit == Decimal(sum(trade.profit or 0 for trade in sold)) / 10**6
    if run.trades[-1].side == "dispose":
        whole = run.results.metrics.end_equity - run.results.metrics.start_equity
        assert abs(one.profit - whole) < Decimal("0.01")


def test_no_peak_is_lost_in_the_buckets() -> None:
    equity = _equity(RUN)

    assert max(float(row.point.high) for row in RUN.equity) == pytest.approx(max(equity), abs=1e-4)
    assert min(float(row.point.low) for row in RUN.equity) == pytest.approx(min(equity), abs=1e-4)
    lowest = min(row.point.drawdown for row in RUN.equity)
    assert lowest == RUN.results.metrics.max_drawdown


def test_the_deepest_drawdown_lasts_until_its_recovery() -> None:
    closes = [300_000, 330_000, 220_000, 250_000, 340_000, 335_000, 345_000]
    run = ran(of_closes(closes), at([0], ["acquire"]), execution={"gas_price_wei": "0"})
    still = ran(of_closes(closes[:4]), at([0], ["acquire"]), execution={"gas_price_wei": "0"})

    assert run.results.metrics.max_drawdown_bars == 3
    assert still.results.metrics.max_drawdown_bars == 2


def test_flat_and_short_runs_have_reasons_and_no_infinities() -> None:
    flat = ran(of_closes([300_000] * 48, interval_ms=HOUR_MS), at([], []))
    metrics = flat.results.metrics

    for name in ("cagr", "volatility", "sharpe", "sortino", "calmar", "win_rate", "profit_factor"):
        assert getattr(metrics, name) is None
        assert metrics.undefined[name]
    assert metrics.total_return == metrics.max_drawdown == 0
    assert metrics.max_drawdown_bars is None
    assert metrics.exposure_time == 0


def test_a_whole_year_of_nothing_has_no_sharpe() -> None:
    flat = ran(of_closes([300_000] * 365, interval_ms=24 * HOUR_MS), at([], []))

    assert flat.results.metrics.volatility is None
    assert flat.results.metrics.undefined["sharpe"] == ratios.NO_SPREAD
    assert flat.results.metrics.cagr == 0


def test_buying_and_holding_is_its_own_benchmark() -> None:
    candles = random_candles(3_000, seed=8)
    run = ran(candles, load("buy_and_hold"), execution={"gas_price_wei": "0"})
    metrics = run.results.metrics

    assert metrics.buy_and_hold is not None
    assert metrics.total_return is not None
    assert abs(metrics.buy_and_hold - metrics.total_return) < Decimal("0.01")
    assert metrics.exposure_time == Decimal("0.999667")


def test_the_probabilistic_sharpe_ratio_is_that_of_the_paper() -> None:
    """The example of the paper's section 5: monthly 0.458, skew -2.448, kurtosis 10.164, 24."""
    error = math.sqrt(1 + 2.448 * 0.458 + (10.164 - 1) / 4 * 0.458**2)
    assert ratios._NORMAL.cdf(0.458 * math.sqrt(23) / error) == pytest.approx(0.913, abs=1e-3)
    ours = ratios.probabilistic_sharpe(RETURNS.tolist())
    observed = RETURNS.mean() / RETURNS.std(ddof=1)
    centred = (RETURNS - RETURNS.mean()) / RETURNS.std()
    theirs = 1 - (centred**3).mean() * observed + ((centred**4).mean() - 1) / 4 * observed**2
    assert ours == pytest.approx(
        ratios._NORMAL.cdf(observed * math.sqrt(249) / math.sqrt(theirs)), abs=1e-12
    )


def test_more_trials_deflate_a_ratio() -> None:
    trials = np.random.default_rng(2).normal(0, 0.05, 100).tolist()
    returns = RETURNS.tolist()

    assert ratios.deflated_sharpe(returns, trials[:1]) == ratios.probabilistic_sharpe(returns)
    few, many = (ratios.deflated_sharpe(returns, trials[:count]) for count in (5, 100))
    assert many < few < ratios.probabilistic_sharpe(returns)
    # A hundred of unit spread: 2.53 (the paper's figure 2).
    assert ratios.expected_best_sharpe(
        (np.array(trials) / np.std(trials, ddof=1)).tolist()
    ) == pytest.approx(2.53, abs=0.01)


def test_overfitting_is_counted_over_all_halves() -> None:
    random = np.random.default_rng(3)
    noise = random.normal(0, 0.01, (200, 12))
    skilled = noise.copy()
    skilled[:, 4] += 0.01
    parts = np.array_split(noise, BLOCKS)
    worse = total = 0
    for chosen in combinations(range(BLOCKS), BLOCKS // 2):
        inside = np.concatenate([parts[place] for place in chosen])
        outside = np.concatenate([parts[i] for i in range(BLOCKS) if i not in chosen])
        best = int(np.argmax(inside.mean(axis=0) / inside.std(axis=0)))
        scores = outside.mean(axis=0) / outside.std(axis=0)
        rank = int((scores <= scores[best]).sum())
        worse += rank / 13 <= 0.5
        total += 1

    assert probability_of_overfitting(noise) == pytest.approx(worse / total)
    assert probability_of_overfitting(skilled) == 0
    with pytest.raises(Undefined):
        probability_of_overfitting(noise[:, :1])
    with pytest.raises(ValueError, match="finite"):
        probability_of_overfitting(np.full((200, 3), np.nan))


def test_days_of_two_slices_are_one_day() -> None:
    days = days_of(RUN.equity)

    assert len(days) == 120
    assert len(returns_of(10_000 * 10**6, days)) == 120
    assert returns_of(0, days) == []
