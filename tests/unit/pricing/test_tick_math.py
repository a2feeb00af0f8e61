"""Ticks and prices, against the constants of the contracts and the definition."""

from decimal import Context, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.contracts.instruments.pools import MAX_TICK, MIN_TICK
from tradewind.trading.pricing.swap.tick_math import (
    MAX_SQRT_RATIO,
    MIN_SQRT_RATIO,
    Q96,
    sqrt_ratio_at_tick,
    tick_at_sqrt_ratio,
)

ticks = st.integers(MIN_TICK, MAX_TICK)
EXACT = Context(prec=60)


def test_the_ends_are_those_of_the_contract() -> None:
    assert sqrt_ratio_at_tick(MIN_TICK) == MIN_SQRT_RATIO == 4295128739
    assert (
        sqrt_ratio_at_tick(MAX_TICK)
        == MAX_SQRT_RATIO
        == 1461446703485210103287273052203988822378723970342
    )
    assert sqrt_ratio_at_tick(0) == Q96
    assert tick_at_sqrt_ratio(MIN_SQRT_RATIO) == MIN_TICK
    assert tick_at_sqrt_ratio(MAX_SQRT_RATIO - 1) == MAX_TICK - 1


@pytest.mark.parametrize(
    ("tick", "ratio"),
    [
        (50, 79426470787362580746886972461),
        (-50, 79030349367926598376800521322),
        (100, 79625275426524748796330556128),
        (-100, 78833030112140176575862854579),
        (250_000, 21246587762933397357449903968194344),
        (-250_000, 295440463448801648376846),
    ],
)
def test_known_values(tick: int, ratio: int) -> None:
    assert sqrt_ratio_at_tick(tick) == ratio


@given(ticks)
def test_a_ratio_is_the_root_of_the_power(tick: int) -> None:
    exact = EXACT.sqrt(EXACT.power(Decimal("1.0001"), tick)) * Q96
    assert abs(sqrt_ratio_at_tick(tick) / exact - 1) < Decimal("1e-9")


@given(st.integers(MIN_SQRT_RATIO, MAX_SQRT_RATIO - 1))
def test_a_price_lies_between_its_tick_and_the_next(ratio: int) -> None:
    tick = tick_at_sqrt_ratio(ratio)
    assert sqrt_ratio_at_tick(tick) <= ratio < sqrt_ratio_at_tick(tick + 1)


@given(st.integers(MIN_TICK, MAX_TICK - 1))
def test_the_tick_of_a_ticks_ratio_is_that_tick(tick: int) -> None:
    ratio = sqrt_ratio_at_tick(tick)
    assert tick_at_sqrt_ratio(ratio) == tick
    assert tick == MIN_TICK or tick_at_sqrt_ratio(ratio - 1) == tick - 1


@pytest.mark.parametrize("tick", [MIN_TICK - 1, MAX_TICK + 1])
def test_a_tick_outside_the_range_is_refused(tick: int) -> None:
    with pytest.raises(ValueError, match="tick must be between"):
        sqrt_ratio_at_tick(tick)


@pytest.mark.parametrize("ratio", [0, MIN_SQRT_RATIO - 1, MAX_SQRT_RATIO])
def test_a_price_outside_the_range_is_refused(ratio: int) -> None:
    with pytest.raises(ValueError, match="outside the range"):
        tick_at_sqrt_ratio(ratio)
