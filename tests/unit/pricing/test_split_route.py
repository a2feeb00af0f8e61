"""One swap over several fee tiers, only where that beats one pool."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples import examples
from tests.unit.pricing.pools import TOKEN0, TOKEN1, snapshot_of, ticks_of
from tradewind.trading.pricing.routes.best_route import Route, best_exact_in, best_exact_out
from tradewind.trading.pricing.routes.route_choice import choose_exact_in, choose_exact_out
from tradewind.trading.pricing.routes.split_route import SplitRoute, best_split_exact_in
from tradewind.trading.pricing.swap.python_router import PythonPool
from tradewind.trading.pricing.swap.router import Swap
from tradewind.trading.pricing.swap.tick_math import sqrt_ratio_at_tick

WHOLE = 10**18


def pool(fee_pips: int, liquidity: int, tick: int = 0, edge: int = 12_000) -> PythonPool:
    ticks = ticks_of([(-edge, edge, liquidity)])
    return PythonPool(snapshot_of(ticks, sqrt_ratio_at_tick(tick), fee_pips=fee_pips))


LOW, MIDDLE, HIGH = (pool(fee, 10_000 * WHOLE) for fee in (500, 3_000, 10_000))
TIERS = [LOW, MIDDLE, HIGH]
LARGE = 2_000 * WHOLE


def found(
    pools: list[PythonPool], amount: int, exact_out: bool, gas_cost: Decimal = Decimal(0)
) -> tuple[Route | None, SplitRoute | None]:
    """Return the best single pool, and the split if that is chosen."""
    find_direct = best_exact_out if exact_out else best_exact_in
    choose = choose_exact_out if exact_out else choose_exact_in
    chosen = choose(pools, [], (TOKEN0, TOKEN1), amount, gas_cost)
    split = chosen if isinstance(chosen, SplitRoute) else None
    return find_direct(pools, TOKEN0, amount, gas_cost), split


@pytest.mark.parametrize("exact_out", [False, True])
def test_a_large_swap_is_spread_so_that_all_end_at_the_same_price_after_fee(
    exact_out: bool,
) -> None:
    direct, split = found(TIERS, LARGE, exact_out)
    assert direct is not None
    assert split is not None
    assert [part.pool for part in split.parts] == TIERS
    prices = [
        part.result.sqrt_price_x96_after**2 * (10**6 - part.pool.snapshot.fee_pips)
        for part in split.parts
    ]
    assert all(abs(one - other) < max(one, other) * 1e-6 for one, other in pairwise(prices))
    if exact_out:
        assert (split.amount_out, split.amount_in < direct.result.amount_in) == (LARGE, True)
    else:
        assert (split.amount_in, split.amount_out > direct.result.amount_out) == (LARGE, True)
    assert split.gas_estimate == 3 * (115_000 + 5_000) - 2 * 21_000


@pytest.mark.parametrize("exact_out", [False, True])
def test_a_small_swap_stays_in_the_cheapest_tier(exact_out: bool) -> None:
    assert found(TIERS, WHOLE, exact_out)[1] is None


@pytest.mark.parametrize("exact_out", [False, True])
def test_gas_decides_how_many_parts_there_are(exact_out: bool) -> None:
    parts = []
    for gas_cost in (0, 10**15, 10**16):
        _, split = found(TIERS, LARGE, exact_out, Decimal(gas_cost))
        parts.append(len(split.parts) if split else 1)
    assert parts == [3, 2, 1]


@pytest.mark.parametrize("exact_out", [False, True])
def test_pools_may_fill_together_what_none_fills_alone(exact_out: bool) -> None:
    narrow = [pool(fee, 1_000 * WHOLE, edge=600) for fee in (500, 3_000)]
    one_pool = narrow[0].quote(Swap(True, 2**128))
    amount = (one_pool.amount_out if exact_out else one_pool.amount_in) * 3 // 2
    direct, split = found(narrow, amount, exact_out)
    assert direct is None
    assert split is not None
    assert (split.amount_out if exact_out else split.amount_in) == amount
    assert all(part.result.filled for part in split.parts)
    assert found(narrow, amount * 2, exact_out) == (None, None)


def test_the_other_direction_splits_as_well() -> None:
    direct = best_exact_in(TIERS, TOKEN1, LARGE)
    split = best_split_exact_in(TIERS, TOKEN1, LARGE, direct)
    assert split is not None
    assert len(split.parts) == 3


def test_one_pool_or_none_cannot_be_split() -> None:
    assert best_split_exact_in([], TOKEN0, WHOLE, None) is None
    assert best_split_exact_in([LOW], TOKEN0, WHOLE, None) is None


pools_of_a_pair = st.lists(
    st.builds(
        pool,
        st.sampled_from([500, 3_000, 10_000]),
        st.integers(12, 24).map(lambda digits: 10**digits),
        st.integers(-60, 60),
        st.sampled_from([600, 6_000, 12_000]),
    ),
    min_size=2,
    max_size=4,
)


@settings(max_examples=examples(60))
@given(pools_of_a_pair, st.integers(10**6, 10**23), st.booleans(), st.integers(0, 10**10))
def test_a_split_is_whole_and_better_than_any_pool(
    pools: list[PythonPool], amount: int, exact_out: bool, gas_cost: int
) -> None:
    gas = Decimal(gas_cost)
    direct, split = found(pools, amount, exact_out, gas)
    if split is None:
        return
    assert (split.amount_out if exact_out else split.amount_in) == amount
    assert all(part.result.filled for part in split.parts)
    assert len({id(part.pool) for part in split.parts}) == len(split.parts) > 1
    if direct is not None:
        moved = direct.result.amount_in if exact_out else -direct.result.amount_out
        assert cost(split, exact_out, gas) < moved + gas * direct.result.gas_estimate


@given(pools_of_a_pair, st.integers(10**12, 10**22), st.booleans())
def test_no_other_division_between_two_pools_is_better(
    pools: list[PythonPool], amount: int, exact_out: bool
) -> None:
    pair = pools[:2]
    direct, split = found(pair, amount, exact_out)
    best = cost(split, exact_out) if split else None
    if best is None and direct is not None:
        best = Decimal(direct.result.amount_in if exact_out else -direct.result.amount_out)
    for percent in range(5, 100, 5):
        share = amount * percent // 100
        one = pair[0].quote(Swap(True, share, exact_out))
        other = pair[1].quote(Swap(True, amount - share, exact_out))
        if one.filled and other.filled:
            by_hand = SplitRoute((Route(pair[0], one), Route(pair[1], other)), True)
            assert best is not None
            # Each part is rounded by itself, and the search ends a hair beside the best.
            tolerance = 4 + abs(best) / 10**9
            assert best <= cost(by_hand, exact_out) + tolerance


def cost(split: SplitRoute, exact_out: bool, gas: Decimal = Decimal(0)) -> Decimal:
    """Return what is paid or, negative, received."""
    moved = split.amount_in if exact_out else -split.amount_out
    return moved + gas * split.gas_estimate
