"""Two pools in a row, chosen only where that beats one."""

from collections.abc import Callable
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.pricing.pools import snapshot_of, ticks_of
from tradewind.contracts.instruments.assets import Asset
from tradewind.trading.pricing.routes.best_route import Route, best_exact_in, best_exact_out
from tradewind.trading.pricing.routes.route_choice import (
    AnyRoute,
    choose_exact_in,
    choose_exact_out,
)
from tradewind.trading.pricing.routes.two_hop import (
    MAX_LEGS,
    TwoHopRoute,
    best_two_hop_exact_in,
    best_two_hop_exact_out,
    has_two_hop,
)
from tradewind.trading.pricing.swap.python_router import PythonPool
from tradewind.trading.pricing.swap.router import Swap
from tradewind.trading.pricing.swap.tick_math import sqrt_ratio_at_tick

WHOLE = 10**18


def token(number: int) -> Asset:
    address = f"0x{number:040x}"
    return Asset(symbol=f"T{number}", chain="ethereum", address=address, decimals=18)


SOLD, BOUGHT, MIDDLE, OTHER_MIDDLE = token(1), token(4), token(2), token(3)


def pool(
    a: Asset, b: Asset, liquidity: int = 10_000 * WHOLE, tick: int = 0, fee_pips: int = 3_000
) -> PythonPool:
    token0, token1 = sorted((a, b), key=lambda asset: asset.address)
    ticks = ticks_of([(-12_000, 12_000, liquidity)])
    snapshot = snapshot_of(ticks, sqrt_ratio_at_tick(tick), fee_pips=fee_pips)
    return PythonPool(snapshot.model_copy(update={"token0": token0, "token1": token1}))


SHALLOW_DIRECT = pool(SOLD, BOUGHT, liquidity=10 * WHOLE)
DEEP_DIRECT = pool(SOLD, BOUGHT, liquidity=10**6 * WHOLE)
THROUGH = [pool(SOLD, MIDDLE), pool(MIDDLE, BOUGHT)]


def test_depth_on_a_detour_beats_a_shallow_pool() -> None:
    pools = [SHALLOW_DIRECT, *THROUGH]
    direct_in = best_exact_in([SHALLOW_DIRECT], SOLD, WHOLE)
    direct_out = best_exact_out([SHALLOW_DIRECT], SOLD, WHOLE)
    assert direct_in is not None
    assert direct_out is not None

    sold = best_two_hop_exact_in(pools, SOLD, BOUGHT, WHOLE)
    bought = best_two_hop_exact_out(pools, SOLD, BOUGHT, WHOLE)

    assert sold is not None
    assert bought is not None
    for route in (sold, bought):
        assert [route.first.pool, route.second.pool] == THROUGH
        assert route.first.result.amount_out == route.second.result.amount_in
        assert route.gas_estimate == 2 * (115_000 + 5_000) - 21_000
    assert (sold.amount_in, bought.amount_out) == (WHOLE, WHOLE)
    assert sold.amount_out > direct_in.result.amount_out
    assert bought.amount_in < direct_out.result.amount_in


CHOOSE = (choose_exact_in, choose_exact_out)
Choose = Callable[..., AnyRoute | None]


@pytest.mark.parametrize("choose", CHOOSE)
def test_a_detour_that_is_not_better_is_not_taken(choose: Choose) -> None:
    pair = (SOLD, BOUGHT)
    assert isinstance(choose([DEEP_DIRECT], THROUGH, pair, WHOLE, Decimal(0)), Route)
    assert isinstance(choose([SHALLOW_DIRECT], THROUGH, pair, WHOLE, Decimal(0)), TwoHopRoute)


@pytest.mark.parametrize("choose", CHOOSE)
def test_gas_decides_when_the_gain_is_small(choose: Choose) -> None:
    dear = Decimal(WHOLE)
    assert isinstance(choose([SHALLOW_DIRECT], THROUGH, (SOLD, BOUGHT), WHOLE, dear), Route)


def test_without_a_direct_pool_any_detour_will_do() -> None:
    dear = Decimal(WHOLE)
    for best in (best_two_hop_exact_in, best_two_hop_exact_out):
        assert best(THROUGH, SOLD, BOUGHT, WHOLE, dear) is not None
        assert best(THROUGH, BOUGHT, SOLD, WHOLE, dear) is not None


def test_what_leads_nowhere_is_no_route() -> None:
    other_chain = THROUGH[1].snapshot.model_copy(update={"chain": "elsewhere"})
    for pools in (
        [],
        THROUGH[:1],
        THROUGH[1:],
        [DEEP_DIRECT],
        [THROUGH[0], PythonPool(other_chain)],
    ):
        for best in (best_two_hop_exact_in, best_two_hop_exact_out):
            assert best(pools, SOLD, BOUGHT, WHOLE) is None


def test_two_pools_lead_on_however_dry_they_are() -> None:
    dry = [pool(SOLD, MIDDLE, liquidity=1), pool(MIDDLE, BOUGHT, liquidity=1)]
    assert has_two_hop(dry, SOLD, BOUGHT)
    assert not has_two_hop(dry[:1], SOLD, BOUGHT)
    assert not has_two_hop([dry[0], pool(OTHER_MIDDLE, BOUGHT)], SOLD, BOUGHT)


def test_of_very_many_pools_the_deepest_are_looked_at() -> None:
    others = [token(number) for number in range(10, 10 + 2 * MAX_LEGS)]
    shallow = [
        pool(*pair, liquidity=WHOLE)
        for end in (SOLD, BOUGHT)
        for pair in [(end, other) for other in others]
    ]
    for best in (best_two_hop_exact_in, best_two_hop_exact_out):
        route = best([*shallow, *THROUGH], SOLD, BOUGHT, WHOLE // 100)
        assert route is not None
        assert [route.first.pool, route.second.pool] == THROUGH


def test_a_dry_pool_on_the_way_is_no_route() -> None:
    dry = [pool(SOLD, MIDDLE, liquidity=10**6), THROUGH[1]]
    for best in (best_two_hop_exact_in, best_two_hop_exact_out):
        assert best(dry, SOLD, BOUGHT, WHOLE) is None
    too_little_to_pay_a_wei = best_two_hop_exact_in(THROUGH, SOLD, BOUGHT, 1)
    assert too_little_to_pay_a_wei is None


shapes = st.tuples(
    st.sampled_from([500, 3_000, 10_000]), st.integers(-50, 50), st.integers(10**15, 10**24)
)


def made(a: Asset, b: Asset, shape: tuple[int, int, int]) -> PythonPool:
    fee_pips, tick, liquidity = shape
    return pool(a, b, liquidity, tick, fee_pips)


@given(
    *(st.lists(shapes, max_size=2) for _ in range(4)),
    st.integers(1, 10**22),
    st.booleans(),
    st.integers(0, 10**10),
)
def test_no_pair_of_pools_is_better(
    first: list[tuple[int, int, int]],
    second: list[tuple[int, int, int]],
    other_first: list[tuple[int, int, int]],
    other_second: list[tuple[int, int, int]],
    amount: int,
    exact_out: bool,
    gas_cost: int,
) -> None:
    ways = [
        ([made(SOLD, MIDDLE, shape) for shape in first], [made(MIDDLE, BOUGHT, s) for s in second]),
        (
            [made(SOLD, OTHER_MIDDLE, shape) for shape in other_first],
            [made(OTHER_MIDDLE, BOUGHT, shape) for shape in other_second],
        ),
    ]
    pools = [one for way in ways for side in way for one in side]
    gas = Decimal(gas_cost)
    find = best_two_hop_exact_out if exact_out else best_two_hop_exact_in

    best = find(pools, SOLD, BOUGHT, amount, gas)

    losses = [loss(one, two, amount, exact_out, gas) for way in ways for one, two in product(*way)]
    possible = [value for value in losses if value is not None]
    if best is None:
        assert not possible
    else:
        assert cost(best, exact_out, gas) == min(possible)
        assert (best.amount_out if exact_out else best.amount_in) == amount


def cost(route: TwoHopRoute, exact_out: bool, gas: Decimal) -> Decimal:
    """Return what is paid or, negative, received."""
    moved = route.amount_in if exact_out else -route.amount_out
    return moved + gas * route.gas_estimate


def loss(
    first: PythonPool, second: PythonPool, amount: int, exact_out: bool, gas: Decimal
) -> Decimal | None:
    """Quote one pair of pools by hand."""
    if exact_out:
        two = second.quote(Swap(True, amount, exact_out=True))
        one = first.quote(Swap(True, two.amount_in, exact_out=True)) if two.filled else two
    else:
        one = first.quote(Swap(True, amount))
        if not one.filled or not one.amount_out:
            return None
        two = second.quote(Swap(True, one.amount_out))
    if not (one.filled and two.filled and two.amount_out):
        return None
    gas_estimate = one.gas_estimate + two.gas_estimate - 21_000
    return (one.amount_in if exact_out else -two.amount_out) + gas * gas_estimate
