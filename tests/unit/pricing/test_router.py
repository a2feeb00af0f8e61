"""The router: equal to the contracts to the wei, and true to what any pool must keep."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.unit.pricing.pools import TOKEN0, after, amounts, snapshot_of, snapshots, swaps, ticks_of
from tradewind.contracts.instruments.pools import MAX_TICK, PoolSnapshot, TickLiquidity
from tradewind.trading.pricing.swap.python_router import PythonRouter
from tradewind.trading.pricing.swap.router import InvalidSnapshot, Swap, SwapResult
from tradewind.trading.pricing.swap.tick_math import (
    MAX_SQRT_RATIO,
    MIN_SQRT_RATIO,
    Q96,
    sqrt_ratio_at_tick,
    tick_at_sqrt_ratio,
)

RECORDED = json.loads(Path(__file__).with_name("uniswap_v3_swaps.json").read_text())
"""Swaps executed by the published contracts (v3-core 1.0.1) on an EVM, checked with QuoterV2."""


def quote(snapshot: PoolSnapshot, swap: Swap) -> SwapResult:
    return PythonRouter().prepare(snapshot).quote(swap)


@pytest.mark.parametrize("pool", RECORDED, ids=lambda pool: f"fee {pool['fee']} at {pool['tick']}")
def test_equals_the_contracts_to_the_wei(pool: Any) -> None:
    snapshot = snapshot_of(
        [(index, int(net)) for index, net in pool["ticks"]],
        int(pool["sqrt_price"]),
        tick=pool["tick"],
        fee_pips=pool["fee"],
    )
    assert snapshot.liquidity == int(pool["liquidity"])

    for zero_for_one, exact_out, amount, limit, *expected in pool["cases"]:
        swap = Swap(zero_for_one, int(amount), exact_out, int(limit) or None)
        result = quote(snapshot, swap)
        assert [
            result.amount_in,
            result.amount_out,
            result.sqrt_price_x96_after,
            result.liquidity_after,
            result.tick_after,
        ] == [int(value) for value in expected]
        reached = result.amount_out if exact_out else result.amount_in
        assert result.filled == (reached == swap.amount)


@given(snapshots(), swaps)
def test_a_swap_never_pays_more_than_the_price_before_it(
    snapshot: PoolSnapshot, swap: Swap
) -> None:
    result = quote(snapshot, swap)
    price_squared = snapshot.sqrt_price_x96**2
    if swap.zero_for_one:
        assert result.amount_out << 192 <= result.amount_in * price_squared
    else:
        assert result.amount_out * price_squared <= result.amount_in << 192


@given(snapshots(), swaps)
def test_what_is_asked_is_reached_or_the_swap_says_so(snapshot: PoolSnapshot, swap: Swap) -> None:
    result = quote(snapshot, swap)
    reached = result.amount_out if swap.exact_out else result.amount_in
    assert reached <= swap.amount
    assert result.filled == (reached == swap.amount)
    assert 0 <= result.fee_amount <= result.amount_in
    crossings = 40_000 * result.ticks_crossed + 5_000 * result.words_crossed
    assert result.gas_estimate == 115_000 + crossings
    # What is left is a state a pool can be in.
    PythonRouter().prepare(after(snapshot, result))


@given(snapshots(), st.booleans(), amounts)
def test_exact_out_then_exact_in_gives_at_least_as_much(
    snapshot: PoolSnapshot, zero_for_one: bool, amount: int
) -> None:
    bought = quote(snapshot, Swap(zero_for_one, amount, exact_out=True))
    assume(bought.filled and bought.amount_in)
    sold = quote(snapshot, Swap(zero_for_one, bought.amount_in))
    assert sold.amount_out >= amount


@given(snapshots(), st.booleans(), amounts)
def test_exact_in_then_exact_out_costs_no_more(
    snapshot: PoolSnapshot, zero_for_one: bool, amount: int
) -> None:
    sold = quote(snapshot, Swap(zero_for_one, amount))
    assume(sold.amount_out)
    bought = quote(snapshot, Swap(zero_for_one, sold.amount_out, exact_out=True))
    assert bought.amount_in <= sold.amount_in


@given(snapshots(), st.booleans(), st.booleans(), st.lists(amounts, min_size=2, max_size=5))
def test_more_asked_is_never_less_given(
    snapshot: PoolSnapshot, zero_for_one: bool, exact_out: bool, sizes: list[int]
) -> None:
    pool = PythonRouter().prepare(snapshot)
    results = pool.quote_all([Swap(zero_for_one, size, exact_out) for size in sorted(sizes)])
    for smaller, larger in pairwise(results):
        assert smaller.amount_in <= larger.amount_in
        assert smaller.amount_out <= larger.amount_out
        assert smaller.ticks_crossed <= larger.ticks_crossed


@given(snapshots(), st.booleans(), amounts, amounts)
def test_two_swaps_never_pay_more_than_one(
    snapshot: PoolSnapshot, zero_for_one: bool, first: int, second: int
) -> None:
    whole = quote(snapshot, Swap(zero_for_one, first + second))
    part = quote(snapshot, Swap(zero_for_one, first))
    rest = quote(after(snapshot, part), Swap(zero_for_one, second))
    assert part.amount_out + rest.amount_out <= whole.amount_out


@given(snapshots(), st.booleans(), amounts)
def test_there_and_back_never_gains(
    snapshot: PoolSnapshot, zero_for_one: bool, amount: int
) -> None:
    there = quote(snapshot, Swap(zero_for_one, amount))
    assume(there.amount_out)
    back = quote(after(snapshot, there), Swap(not zero_for_one, there.amount_out))
    assert back.amount_out <= there.amount_in


@given(snapshots(), swaps, st.integers(1, 10**6))
def test_a_price_limit_is_never_passed(
    snapshot: PoolSnapshot, swap: Swap, distance_ppm: int
) -> None:
    price_x96 = snapshot.sqrt_price_x96
    distance = max(price_x96 * distance_ppm // 10**7, 1)
    limit_x96 = price_x96 - distance if swap.zero_for_one else price_x96 + distance
    result = quote(snapshot, swap._replace(sqrt_price_limit_x96=limit_x96))
    passed = (
        result.sqrt_price_x96_after < limit_x96
        if swap.zero_for_one
        else result.sqrt_price_x96_after > limit_x96
    )
    assert not passed
    assert result.filled or result.sqrt_price_x96_after == limit_x96


def test_a_step_ends_at_the_edge_of_every_bitmap_word() -> None:
    """One swap over three words rounds three times: less than the closed form of one stretch."""
    snapshot = snapshot_of(ticks_of([(-60 * 1_000, 60 * 1_000, 10**15)]), Q96)
    target = -60 * 700
    limit_x96 = sqrt_ratio_at_tick(target)
    result = quote(snapshot, Swap(True, 10**18, sqrt_price_limit_x96=limit_x96))
    edges = [0, -60 * 256, -60 * 512, target]
    prices = [sqrt_ratio_at_tick(tick) for tick in edges]
    liquidity = 10**15
    outs = [liquidity * (high - low) // Q96 for high, low in pairwise(prices)]
    assert result.amount_out == sum(outs)
    assert result.ticks_crossed == 0


def test_an_empty_stretch_is_crossed_without_paying() -> None:
    gap = [(-6_000, -3_000, 10**18), (3_000, 6_000, 10**18)]
    snapshot = snapshot_of(ticks_of(gap), Q96)
    assert snapshot.liquidity == 0

    result = quote(snapshot, Swap(True, 10**15))

    assert result.filled
    assert result.ticks_crossed == 1
    assert result.tick_after < -3_000


@pytest.mark.parametrize(
    ("zero_for_one", "stop", "words"),
    [(True, -60_000, 4), (False, 60_000, 3), (True, -60 * 256, 1), (False, 60 * 255, 0)],
)
@pytest.mark.parametrize("gap", [False, True])
def test_every_word_of_the_bitmap_that_is_left_behind_costs_gas(
    zero_for_one: bool, stop: int, words: int, gap: bool
) -> None:
    # Given liquidity all the way to a tick, or only around it and around the price
    far = (stop - 60, stop + 60, 10**18)
    near = (-60, 60, 10**18) if gap else (min(0, stop) - 60, max(0, stop) + 60, 10**18)
    snapshot = snapshot_of(ticks_of([near, far]), Q96)
    # When a swap stops at the end that it reaches first
    edge = stop + 60 if zero_for_one else stop - 60
    result = quote(snapshot, Swap(zero_for_one, 2**200, False, sqrt_ratio_at_tick(edge)))
    # Then it read each word on its way, whether there was liquidity or not
    assert result.words_crossed == words


def test_a_dry_pool_is_said_to_be_dry() -> None:
    snapshot = snapshot_of(ticks_of([(-60, 60, 10**6)]), Q96)
    result = quote(snapshot, Swap(False, 10**18))
    assert not result.filled
    assert result.amount_in < 10**18
    assert result.sqrt_price_x96_after == MAX_SQRT_RATIO - 1
    assert result.tick_after == MAX_TICK - 1


def test_a_pool_at_the_end_of_its_range_fills_nothing() -> None:
    snapshot = snapshot_of([], MIN_SQRT_RATIO)
    assert quote(snapshot, Swap(True, 1)) == SwapResult(
        0, 0, 0, MIN_SQRT_RATIO, snapshot.tick, 0, 0, 0, filled=False
    )


@pytest.mark.parametrize("amount", [0, -1, 2**255])
def test_a_swap_needs_an_amount_the_contract_can_hold(amount: int) -> None:
    with pytest.raises(ValueError, match="amount above 0"):
        quote(snapshot_of([], Q96), Swap(True, amount))


@pytest.mark.parametrize(
    ("zero_for_one", "limit_x96"),
    [(True, Q96), (True, Q96 + 1), (True, MIN_SQRT_RATIO), (False, Q96), (False, MAX_SQRT_RATIO)],
)
def test_a_limit_must_be_ahead_of_the_price(zero_for_one: bool, limit_x96: int) -> None:
    with pytest.raises(ValueError, match="price limit"):
        quote(snapshot_of([], Q96), Swap(zero_for_one, 1, sqrt_price_limit_x96=limit_x96))


def test_a_pool_keeps_the_state_it_was_prepared_from() -> None:
    snapshot = snapshot_of(ticks_of([(-60, 60, 10**6)]), Q96)
    assert PythonRouter().prepare(snapshot).snapshot is snapshot


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"sqrt_price_x96": 0}, "sqrtPriceX96"),
        ({"sqrt_price_x96": MAX_SQRT_RATIO}, "sqrtPriceX96"),
        ({"tick": 60}, "does not belong"),
        ({"tick": MAX_TICK}, "outside the range"),
        ({"liquidity": 7}, "liquidity is 7"),
        ({"fee_pips": 1_000_000}, "feePips"),
        ({"tick_spacing": 7}, "off the spacing"),
        ({"ticks": (TickLiquidity(index=60, liquidity_net="1"),) * 2}, "out of order"),
    ],
)
def test_a_snapshot_that_contradicts_itself_is_refused(
    changes: dict[str, Any], problem: str
) -> None:
    snapshot = snapshot_of(ticks_of([(-60, 60, 10**6)]), Q96)
    with pytest.raises(InvalidSnapshot, match=problem):
        PythonRouter().prepare(snapshot.model_copy(update=changes))


@pytest.mark.parametrize(
    ("ticks", "problem"),
    [
        ([(-600, 10**9), (60, -(10**10))], "out of range"),
        ([(-600, 2**127), (60, -(2**127))], "out of range"),
        ([(-600, 10**9), (60, -(10**8))], "after the last tick"),
    ],
)
def test_ticks_no_pool_can_have_are_refused(ticks: list[tuple[int, int]], problem: str) -> None:
    with pytest.raises(InvalidSnapshot, match=problem):
        PythonRouter().prepare(snapshot_of(ticks, Q96))


def test_a_price_pushed_down_to_a_tick_belongs_to_the_tick_below() -> None:
    ticks = ticks_of([(-60, 60, 10**18), (-600, 600, 10**18)])
    at_tick = snapshot_of(ticks, sqrt_ratio_at_tick(-60), tick=-61)
    assert at_tick.liquidity == 10**18
    assert tick_at_sqrt_ratio(at_tick.sqrt_price_x96) == -60
    assert quote(at_tick, Swap(False, 10**12)).ticks_crossed == 1
    assert at_tick.token0 == TOKEN0
