"""Runs: the same bytes each time, limits, sizes, failures, several instruments."""

from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from tests.unit.simulation.factories import (
    WBTC,
    WETH,
    Ran,
    inputs_of,
    manifest_of,
    of_closes,
    ran,
    random_candles,
)
from tradewind.contracts.backtests.payloads import BacktestFailure
from tradewind.contracts.backtests.results import MAX_BUCKETS, Outcome
from tradewind.simulation import slices
from tradewind.simulation.errors import InvalidRun, SimulationFailed
from tradewind.simulation.inputs import Candles, SignalColumns
from tradewind.simulation.manifests import manifest_sha256
from tradewind.simulation.records import EquityRow, TradeRecord
from tradewind.simulation.strategies.loading import Strategy, load, strategy_of
from tradewind.simulation.strategies.signal import Bar, Signal
from tradewind.simulation.told_events import check_events

CANDLES = random_candles(4_000, seed=3)


def at(rows: list[int], sides: list[str], sizes: list[Any] | None = None) -> Strategy:
    """Return a strategy that says these things, as far as its history goes."""

    def signals(candles: Candles) -> Any:
        known = sum(row < len(candles) for row in rows)
        return rows[:known], sides[:known], None if sizes is None else sizes[:known]

    return strategy_of("given", signals)


def test_the_same_manifest_has_the_same_bytes_in_rust_and_in_python() -> None:
    first, again = ran(CANDLES), ran(CANDLES)
    python = ran(CANDLES, rust=False)

    assert first.results == again.results == python.results
    assert first.state == python.state
    assert [one.line for one in first.trades] == [one.line for one in python.trades]
    assert len(first.trades) > 100
    assert first.results.guards["sampled_trades"].startswith("passed: ")


def test_a_run_of_many_slices_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = ran(CANDLES)
    monkeypatch.setattr(slices, "SLICE_BARS", 333)
    cut = ran(CANDLES)

    assert [one.line for one in cut.trades] == [one.line for one in whole.trades]
    assert cut.results.metrics == whole.results.metrics
    assert cut.state.balances == whole.state.balances
    assert cut.results.months == whole.results.months
    assert cut.results.result_sha256 != whole.results.result_sha256, "rows are cut elsewhere"
    assert cut.results.result_sha256 == ran(CANDLES).results.result_sha256
    assert len(cut.equity) <= MAX_BUCKETS


def test_a_stepped_strategy_takes_its_state_along(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = ran(CANDLES, load("stop_loss"))
    monkeypatch.setattr(slices, "SLICE_BARS", 500)
    cut = ran(CANDLES, load("stop_loss"))

    assert len(whole.trades) > 5
    assert [one.line for one in cut.trades] == [one.line for one in whole.trades]
    assert cut.state.strategy_state is not None


def test_orders_are_decided_at_a_close_and_filled_at_the_next_open() -> None:
    candles = of_closes([300_000, 310_000, 320_000, 330_000, 340_000])
    run = ran(candles, at([1], ["acquire"]), execution={"gas_price_wei": "0"})
    (trade,) = run.trades

    assert trade.decided_ms == candles.open_times_ms[2]
    assert trade.arrived_ms == candles.open_times_ms[2] + 12_000
    assert trade.outcome is Outcome.FILLED
    assert Decimal(3_099) < (trade.trade.price or Decimal(0)) < Decimal(3_103)


def test_a_price_that_ran_away_reverts_and_costs_gas() -> None:
    candles = of_closes([300_000, 300_000, 300_000, 300_000])
    candles.open[2] = 330_000
    run = ran(candles, at([1], ["acquire"]), execution={"gas_price_wei": "1000000000"})
    (trade,) = run.trades

    assert trade.outcome is Outcome.REVERTED
    assert trade.reason == "TOO_LITTLE_RECEIVED"
    assert trade.gas > 0
    assert run.state.balances["USDC"] == 10_000 * 10**6 - trade.gas
    assert run.results.metrics.costs.reverted_gas == run.results.metrics.costs.gas > 0


def test_an_order_without_a_next_bar_is_counted_and_not_traded() -> None:
    run = ran(of_closes([300_000] * 3), at([2], ["acquire"]))

    assert not run.trades
    assert run.results.metrics.refused == {"NO_NEXT_BAR": 1}


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"max_notional_usd": "5000"}, "NOTIONAL_LIMIT"),
        ({"min_notional_usd": "20000"}, "NOTIONAL_MINIMUM"),
        ({"max_slippage": "0.001"}, "SLIPPAGE_LIMIT"),
        ({"max_position_usd": "9000"}, "POSITION_LIMIT"),
        ({"max_daily_notional_usd": "9000"}, "DAILY_BUDGET"),
    ],
)
def test_limits_hold(limits: dict[str, str], reason: str) -> None:
    run = ran(of_closes([300_000] * 5), at([1], ["acquire"]), limits=limits)

    assert [one.reason for one in run.trades] == [reason]
    assert run.results.metrics.refused == {reason: 1}


def test_nothing_is_bought_below_the_largest_drawdown() -> None:
    closes = [300_000, 300_000, 300_000, 200_000, 200_000, 200_000, 200_000]
    strategy = at([1, 3, 4], ["acquire", "dispose", "acquire"], ["0.5", "0.5", "0.5"])
    run = ran(of_closes(closes), strategy, limits={"max_drawdown": "0.1"})

    assert [one.reason for one in run.trades] == [None, None, "DRAWDOWN_LIMIT"]


def test_the_daily_budget_begins_again_with_the_day() -> None:
    day = 86_400_000
    candles = of_closes([300_000] * 6, interval_ms=day // 2)
    strategy = at([0, 1, 2], ["acquire"] * 3, ["0.5", "0.5", "0.5"])
    run = ran(candles, strategy, limits={"max_daily_notional_usd": "5100"})

    assert [one.reason for one in run.trades] == [None, None, None]
    run = ran(
        candles,
        at([1, 2], ["acquire"] * 2, ["0.5", "0.9"]),
        limits={"max_daily_notional_usd": "5100"},
    )
    assert [one.reason for one in run.trades] == [None, "DAILY_BUDGET"]


def test_amounts_are_of_base_and_bound_by_what_is_there() -> None:
    strategy = at([1, 2, 3, 4], ["acquire", "acquire", "dispose", "dispose"])
    sizing = {"kind": "amount", "value": "2"}
    run = ran(of_closes([300_000] * 8), strategy, sizing=sizing)

    assert [one.reason for one in run.trades] == [
        None,
        "INSUFFICIENT_FUNDS",
        None,
        "INSUFFICIENT_POSITION",
    ]
    assert run.trades[0].amount == 2 * 10**18
    assert run.trades[0].amount_out >= 2 * 10**18, "planned exact-out, filled exact-in"


def test_lots_are_sold_first_in_first_out() -> None:
    closes = [300_000, 300_000, 400_000, 400_000, 500_000, 500_000]
    sides = ["acquire", "acquire", "dispose"]
    sizing = {"kind": "amount", "value": "1"}
    run = ran(of_closes(closes), at([0, 2, 4], sides), sizing=sizing)
    sale = run.trades[-1]

    assert sale.profit is not None
    assert 1_980 * 10**6 < sale.profit < 2_000 * 10**6
    assert len(run.state.holdings[0].lots) == 2


def test_failures_and_price_moves_are_drawn_by_the_seed() -> None:
    terms = {"failure_probability": "0.3", "price_moves": True, "gas_price_wei": "0"}
    first = ran(CANDLES, execution=terms, seed=1)
    again = ran(CANDLES, execution=terms, seed=1)
    other = ran(CANDLES, execution=terms, seed=2)
    failed = [one for one in first.trades if one.reason == "VENUE_UNAVAILABLE"]

    assert first.results == again.results
    assert 0.15 < len(failed) / len(first.trades) < 0.45
    assert [one.line for one in first.trades] != [one.line for one in other.trades]


def test_own_impact_fades_where_it_lasts() -> None:
    shallow = {"kind": "constant", "pools": ({"fee_pips": 500, "depth_usd": "100000"},)}
    strategy = at([1, 2, 40], ["acquire"] * 3, ["0.4", "0.4", "0.4"])
    fields: dict[str, Any] = {"market": shallow}
    lasting = {"own_impact": "persistent", "impact_half_life_bars": 5, "gas_price_wei": "0"}
    candles = of_closes([300_000] * 50)
    once = ran(candles, strategy, **fields, execution={"gas_price_wei": "0"})
    lasts = ran(candles, strategy, **fields, execution=lasting)

    roots = [one.decision[0].sqrt_price_x96 for one in lasts.trades]
    flat = [one.decision[0].sqrt_price_x96 for one in once.trades]
    assert flat[0] == flat[1] == flat[2] == roots[0]
    # USDC is token0, so the root falls as WETH becomes dearer.
    assert roots[1] < roots[2] < roots[0]
    assert (roots[0] - roots[2]) * 20 < roots[0] - roots[1]


def test_several_instruments_share_the_cash() -> None:
    candles = [CANDLES, random_candles(4_000, seed=4, instrument=WBTC, price=6_000_000)]
    run = ran(candles, sizing={"kind": "fraction", "value": "0.5"})
    traded = {one.pair.instrument for one in run.trades}

    assert traded == {WETH, WBTC}
    assert {one.instrument for one in run.results.instruments} == traded
    total = sum(one.profit for one in run.results.instruments)
    assert total < 0 < run.results.metrics.end_equity


def test_gaps_of_one_instrument_do_not_stop_another() -> None:
    short = random_candles(
        1_000, seed=4, instrument=WBTC, price=6_000_000, start_ms=int(CANDLES.open_times_ms[500])
    )
    run = ran([CANDLES, short], sizing={"kind": "fraction", "value": "0.5"})

    assert run.manifest.bars_total == 4_000
    assert all(
        one.decided_ms > short.open_times_ms[0] for one in run.trades if one.pair.instrument == WBTC
    )


def test_a_summary_keeps_no_trades_and_has_the_same_metrics() -> None:
    summary, whole = ran(CANDLES, record="summary"), ran(CANDLES)

    assert not summary.trades
    assert summary.results.metrics == whole.results.metrics
    assert summary.state.rows_sha256 == whole.state.rows_sha256
    assert summary.results.guards["sampled_trades"] == "not made: only the summary is recorded"


def test_a_file_of_signals_is_traded_at_the_first_close_after_each() -> None:
    manifest = manifest_of([CANDLES], of_file={"kind": "signals", "dataset": "ds-0123456789abcdef"})
    times = CANDLES.open_times_ms[[10, 20]] + 30_000
    columns = SignalColumns(times, np.array([1, 0], np.int8), (Decimal("0.25"), None))
    run = Ran(manifest, inputs_of([CANDLES], signals={WETH: columns}))

    assert [one.decided_ms for one in run.trades] == (CANDLES.open_times_ms[[11, 21]]).tolist()
    assert run.trades[0].amount_in <= 2_500 * 10**6
    assert run.trades[1].position_after == 0


@pytest.mark.parametrize(("side", "moved"), [(1, 0), (1, 900), (-1, 0), (-1, -900)])
def test_no_fill_is_worse_than_the_limit_price_of_its_signal(side: int, moved: int) -> None:
    candles = of_closes([300_000] * 4)
    candles.open[2] += moved
    manifest = manifest_of(
        [candles],
        of_file={"kind": "signals", "dataset": "ds-0123456789abcdef"},
        portfolio={"USDC": "10000", "WETH": "1"},
    )
    times, sides = candles.close_times_ms[[1]], np.array([side], np.int8)

    def limited(price: Decimal | None) -> TradeRecord:
        columns = SignalColumns(
            times, sides, (Decimal("0.5"),), None if price is None else (price,)
        )
        run = Ran(manifest, inputs_of([candles], signals={WETH: columns}))
        assert run.results.guards["sampled_trades"]
        check_events(manifest, run.trades, {})
        return run.trades[0]

    free = limited(None)
    assert free.trade.price is not None
    hair = Decimal("0.00001") * side
    kept, missed = limited(free.trade.price + hair), limited(free.trade.price - hair)

    assert kept.outcome is Outcome.FILLED
    assert (kept.amount_in, kept.amount_out) == (free.amount_in, free.amount_out)
    assert free.min_out < kept.min_out <= kept.amount_out
    assert missed.reason == ("TOO_LITTLE_RECEIVED" if moved else "LIMIT_PRICE")
    assert missed.outcome is (Outcome.REVERTED if moved else Outcome.REFUSED)
    assert limited(Decimal(3_000 - side * 100)).reason == "LIMIT_PRICE"


def test_records_and_rows_survive_being_stored() -> None:
    run = ran(CANDLES)

    for record in run.trades[:20]:
        assert TradeRecord.from_json(record.to_json()).to_json() == record.to_json()
        assert len(record.to_json()) < 2_048
        assert record.trade.number == record.number
    for row in run.equity[:20]:
        assert EquityRow.from_json(row.to_json()) == row
        assert row.low <= row.equity <= row.high
        assert row.point.equity >= 0


def test_a_trade_that_was_tampered_with_fails_the_guard() -> None:
    run = ran(CANDLES)
    run.trades[5] = run.trades[5]._replace(amount_out=run.trades[5].amount_out + 1)

    with pytest.raises(SimulationFailed) as failed:
        assert run.results

    assert failed.value.at == "trade 6"


@pytest.mark.parametrize(
    ("run", "field"),
    [
        ({"instruments": ("ethereum-NONE-USDC",)}, "instruments.0"),
        ({"instruments": (WETH, WETH)}, "instruments"),
        ({"portfolio": {"DAI": "1"}}, "portfolio.DAI"),
        ({"portfolio": {"USDC": "1.0000001"}}, "portfolio.USDC"),
        ({"instruments": (WBTC,)}, "execution.gas_price_wei"),
        ({"instruments": (WETH, "ethereum-WBTC-DAI")}, "instruments.1"),
    ],
)
def test_a_run_that_cannot_be_made_names_its_field(run: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRun) as refused:
        ran(CANDLES, **run)

    assert refused.value.field == field


def test_a_state_that_is_no_json_or_too_large_is_refused() -> None:
    def step(state: Any, bar: Bar, characters: int = 0) -> tuple[Any, Signal | None]:
        return ("x" * characters if characters else (1, 2)), None

    strategy = strategy_of("keeps", step)
    with pytest.raises(SimulationFailed) as refused:
        ran(CANDLES, strategy)
    assert refused.value.reason is BacktestFailure.STRATEGY_FAILED
    with pytest.raises(SimulationFailed) as refused:
        ran(CANDLES, strategy, params={"characters": 9_000})
    assert refused.value.reason is BacktestFailure.STATE_TOO_LARGE


def test_the_hash_of_a_manifest_leaves_out_the_package() -> None:
    manifest = manifest_of([CANDLES])

    other = manifest.model_copy(update={"package": "9.9.9"})
    assert manifest_sha256(manifest) == manifest_sha256(other)
    assert manifest_sha256(manifest) != manifest_sha256(
        manifest.model_copy(update={"bars_total": 1})
    )
