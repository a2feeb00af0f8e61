"""The best pool over all fee tiers, net of gas."""

from decimal import Decimal

from tests.unit.pricing.pools import TOKEN0, TOKEN1, snapshot_of, ticks_of
from tradewind.trading.pricing.routes.best_route import best_exact_in, best_exact_out
from tradewind.trading.pricing.swap.python_router import PythonPool
from tradewind.trading.pricing.swap.tick_math import Q96

WHOLE = 10**18


def pool(fee_pips: int, liquidity: int, edges: tuple[int, ...] = (6_000,)) -> PythonPool:
    """A pool at price 1 with its liquidity in nested positions that end at these ticks."""
    ranges = [(-edge, edge, liquidity // len(edges)) for edge in edges]
    return PythonPool(snapshot_of(ticks_of(ranges), Q96, fee_pips=fee_pips))


CHEAP_SHALLOW = pool(500, 2_000 * WHOLE)
DEAR_DEEP = pool(3_000, 1_000_000 * WHOLE)


def test_a_small_swap_takes_the_low_fee_and_a_large_one_the_depth() -> None:
    pools = [DEAR_DEEP, CHEAP_SHALLOW]
    for best in (best_exact_in, best_exact_out):
        small, large = best(pools, TOKEN0, WHOLE), best(pools, TOKEN0, 50 * WHOLE)
        assert small is not None
        assert large is not None
        assert (small.pool, large.pool) == (CHEAP_SHALLOW, DEAR_DEEP)


def test_gas_decides_between_pools_that_are_close() -> None:
    """At equal prices the pool with ticks to cross is worth less, once gas costs something."""
    smooth = pool(500, 20_000 * WHOLE)
    stepped = pool(500, 30_000 * WHOLE, edges=(600, 1_200, 1_800))
    amount = 1_000 * WHOLE
    smooth_route, stepped_route = (
        best_exact_in([one], TOKEN1, amount) for one in (smooth, stepped)
    )
    assert smooth_route is not None
    assert stepped_route is not None
    assert stepped_route.result.ticks_crossed == 1
    gain = stepped_route.result.amount_out - smooth_route.result.amount_out
    assert gain > 0

    for gas_cost, expected in ((Decimal(0), stepped), (Decimal(gain), smooth)):
        best = best_exact_in([smooth, stepped], TOKEN1, amount, gas_cost)
        assert best is not None
        assert best.pool is expected


def test_a_pool_that_cannot_fill_is_no_route() -> None:
    too_much = 10_000 * WHOLE
    assert best_exact_in([CHEAP_SHALLOW], TOKEN0, too_much) is None
    assert best_exact_out([CHEAP_SHALLOW], TOKEN0, too_much) is None
    route = best_exact_in([CHEAP_SHALLOW, DEAR_DEEP], TOKEN0, too_much)
    assert route is not None
    assert route.pool is DEAR_DEEP


def test_no_pools_no_route() -> None:
    assert best_exact_in([], TOKEN0, 1) is None


def test_the_quote_says_where_it_comes_from() -> None:
    route = best_exact_in([DEAR_DEEP], TOKEN0, WHOLE)
    assert route is not None
    quote = route.quote
    assert quote.pool == DEAR_DEEP.snapshot.pool
    assert (quote.fee_pips, quote.block_number, quote.amount_in) == (3_000, 1, WHOLE)
    assert quote.amount_out == route.result.amount_out
    assert quote.gas_estimate == 115_000 + 5_000
    assert quote.sqrt_price_x96_after < Q96
