"""Of one pool, two in a row and a split, the best is chosen, as if each were compared by itself."""

from decimal import Decimal

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.unit.pricing.pools import snapshot_of, ticks_of
from tradewind.contracts.instruments.assets import Asset
from tradewind.trading.pricing.routes.best_route import best_exact_in, best_exact_out
from tradewind.trading.pricing.routes.route_choice import (
    AnyRoute,
    choose_exact_in,
    choose_exact_out,
)
from tradewind.trading.pricing.routes.split_route import best_split_exact_in, best_split_exact_out
from tradewind.trading.pricing.routes.two_hop import best_two_hop_exact_in, best_two_hop_exact_out
from tradewind.trading.pricing.swap.python_router import PythonPool
from tradewind.trading.pricing.swap.tick_math import sqrt_ratio_at_tick

Shape = tuple[int, int, int]


def token(number: int) -> Asset:
    address = f"0x{number:040x}"
    return Asset(symbol=f"T{number}", chain="ethereum", address=address, decimals=18)


SOLD, MIDDLE, BOUGHT = token(1), token(2), token(3)


def pool(token0: Asset, token1: Asset, shape: Shape) -> PythonPool:
    fee_pips, tick, liquidity = shape
    ticks = ticks_of([(-6_000, 6_000, liquidity)])
    snapshot = snapshot_of(ticks, sqrt_ratio_at_tick(tick), fee_pips=fee_pips)
    return PythonPool(snapshot.model_copy(update={"token0": token0, "token1": token1}))


def loss(route: AnyRoute, exact_out: bool, gas_cost: Decimal) -> Decimal:
    """Return what a route takes away: what is paid or, negative, received."""
    moved = route.amount_in if exact_out else -route.amount_out
    return moved + gas_cost * route.gas_estimate


def compared_one_by_one(
    direct: list[PythonPool],
    connecting: list[PythonPool],
    amount: int,
    exact_out: bool,
    gas_cost: Decimal,
) -> AnyRoute | None:
    """Return the choice when each rival first has to beat the single pool by itself."""
    find_single = best_exact_out if exact_out else best_exact_in
    find_two_hop = best_two_hop_exact_out if exact_out else best_two_hop_exact_in
    find_split = best_split_exact_out if exact_out else best_split_exact_in
    single = find_single(direct, SOLD, amount, gas_cost)
    best: AnyRoute | None = single
    for rival in (
        find_two_hop(connecting, SOLD, BOUGHT, amount, gas_cost),
        find_split(direct, SOLD, amount, single, gas_cost),
    ):
        if rival is None:
            continue
        beats_single = single is None or loss(rival, exact_out, gas_cost) < loss(
            single, exact_out, gas_cost
        )
        if beats_single and (
            best is None or loss(rival, exact_out, gas_cost) < loss(best, exact_out, gas_cost)
        ):
            best = rival
    return best


shapes = st.lists(
    st.tuples(
        st.sampled_from([500, 3_000, 10_000]), st.integers(-50, 50), st.integers(10**12, 10**24)
    ),
    max_size=3,
)
SAME = [(500, 0, 10**20)]


@settings(max_examples=150, deadline=None)
@given(shapes, shapes, shapes, st.integers(1, 10**22), st.booleans(), st.integers(0, 10**10))
@example([], [], [], 10**18, False, 0)
@example(SAME, SAME, SAME, 10**18, True, 10**9)
@example(SAME * 2, SAME, SAME, 10**19, False, 0)
@example(SAME * 2, [], [], 10**19, True, 10**14)
def test_the_choice_is_the_one_of_comparing_each_with_the_single_pool(
    direct_shapes: list[Shape],
    first_shapes: list[Shape],
    second_shapes: list[Shape],
    amount: int,
    exact_out: bool,
    gas_cost: int,
) -> None:
    direct = [pool(SOLD, BOUGHT, shape) for shape in direct_shapes]
    connecting = [pool(SOLD, MIDDLE, shape) for shape in first_shapes]
    connecting += [pool(MIDDLE, BOUGHT, shape) for shape in second_shapes]
    choose = choose_exact_out if exact_out else choose_exact_in
    gas = Decimal(gas_cost)
    chosen = choose(direct, connecting, (SOLD, BOUGHT), amount, gas)
    assert chosen == compared_one_by_one(direct, connecting, amount, exact_out, gas)
