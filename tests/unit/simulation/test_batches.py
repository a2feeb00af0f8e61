"""What the extension trades in one call is what the desk trades order by order."""

from collections.abc import Callable
from math import fsum
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.simulation.factories import WBTC, WETH, Ran, inputs_of, manifest_of, random_candles
from tradewind.simulation.batches import offered
from tradewind.simulation.inputs import Candles
from tradewind.simulation.loop.equity import exact_sum
from tradewind.simulation.strategies.loading import strategy_of

BARS = 240
SIZES = {"fraction": ["1", "0.3", "0.07"], "amount": ["0.02", "1", "0.5"]}
LIMITS: tuple[dict[str, str], ...] = (
    {},
    {"max_notional_usd": "4000", "min_notional_usd": "90"},
    {"max_position_usd": "9000"},
    {"max_daily_notional_usd": "30000"},
)
pytest.importorskip("tradewind_router")


def _said(seed: int, kind: str, *, is_sized: bool) -> Callable[[Candles], Any]:
    """Return a strategy that trades at about every second bar."""

    def signals(candles: Candles) -> Any:
        random = np.random.default_rng(seed)
        rows = np.flatnonzero(random.random(BARS) < 0.5)
        sides = random.choice([1, 1, 0, -1], len(rows))
        sizes = random.choice(SIZES[kind], len(rows)).tolist() if is_sized else None
        known = int(np.searchsorted(rows, len(candles)))
        return rows[:known], sides[:known], sizes and sizes[:known]

    return signals


def _written(run: Ran) -> list[Any]:
    rows = [one.line for one in run.trades], [one.to_json() for one in run.trades]
    return [run.state, *rows, [one.line for one in run.equity]]


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    step=st.sampled_from([0.0002, 0.004, 0.02]),
    price=st.sampled_from([3, 300_000, 10**9]),
    pools=st.lists(
        st.tuples(
            st.sampled_from([10, 100, 500, 3_000, 10_000]),
            st.sampled_from(["9000", "400000", "40000000", "1000000000000000"]),
        ),
        min_size=1,
        max_size=3,
        unique_by=lambda pool: pool[0],
    ),
    wei=st.sampled_from(["0", "1000000", "3000000000"]),
    latency_ms=st.sampled_from([0, 12_000, 90_000]),
    intrabar=st.sampled_from(["open", "linear"]),
    slippage=st.sampled_from(["0.0005", "0.05"]),
    limits=st.sampled_from(LIMITS),
    kind=st.sampled_from(["fraction", "amount"]),
    is_sized=st.booleans(),
    several=st.booleans(),
)
def test_batches_are_what_the_desk_does(**case: Any) -> None:
    names = [WETH, WBTC] if case["several"] else [WETH]
    candles = [
        random_candles(
            BARS, seed=case["seed"] + place, instrument=name, price=case["price"], step=case["step"]
        )
        for place, name in enumerate(names)
    ]
    strategy = strategy_of("given", _said(case["seed"], case["kind"], is_sized=case["is_sized"]))
    manifest = manifest_of(
        candles,
        {"name": "given"},
        market={
            "kind": "constant",
            "pools": tuple({"fee_pips": fee, "depth_usd": depth} for fee, depth in case["pools"]),
        },
        execution={
            "gas_price_wei": case["wei"],
            "latency_ms": case["latency_ms"],
            "intrabar": case["intrabar"],
            "max_slippage": case["slippage"],
        },
        limits=case["limits"],
        sizing={"kind": case["kind"], "value": SIZES[case["kind"]][1]},
        portfolio={"USDC": "10000", "WETH": "0.3"},
    )
    inputs = inputs_of(candles, strategy=strategy)

    found = _written(Ran(manifest, inputs))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(offered, "_extension", lambda: None)
        wanted = _written(Ran(manifest, inputs))

    assert found == wanted


def test_an_ordinary_run_is_traded_in_one_call(monkeypatch: pytest.MonkeyPatch) -> None:
    candles, trade, calls = random_candles(4_000, seed=3), offered._extension(), []

    def counted(*arguments: Any) -> Any:
        assert trade is not None
        calls.append(trade(*arguments))
        return calls[-1]

    monkeypatch.setattr(offered, "_extension", lambda: counted)
    run = Ran(manifest_of([candles]), inputs_of([candles]))

    assert len(calls) == 1
    assert run.state.trades == len(run.trades) > 100
    assert run.trades[-1].number == run.state.trades


@settings(max_examples=60, deadline=None)
@given(
    column=st.lists(
        st.floats(1e-3, 1e9) | st.floats(9_000, 11_000) | st.floats(-10, 1e300), max_size=40
    ),
    before=st.floats(0, 1e15),
)
def test_sums_are_rounded_once(column: list[float], before: float) -> None:
    assert exact_sum(np.array(column), before) == fsum((before, *column))
