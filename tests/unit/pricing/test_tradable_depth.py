"""How much a pool can really trade near its price."""

from decimal import Decimal

import pytest
from hypothesis import assume, given

from tests.support.factories import MARKET, USDC, WETH
from tests.unit.pricing.pools import TOKEN0, TOKEN1, snapshot_of, snapshots, ticks_of
from tests.unit.pricing.pools_at_a_price import pool_at, standing_offer
from tradewind.contracts.instruments.pools import PoolSnapshot
from tradewind.trading.pricing.pools.mid_price import depth
from tradewind.trading.pricing.pools.tradable_depth import (
    REACH_DENOMINATOR,
    REACH_NUMERATOR,
    tradable_depth,
)
from tradewind.trading.pricing.swap.python_router import PythonRouter
from tradewind.trading.pricing.swap.router import Swap
from tradewind.trading.pricing.swap.tick_math import Q96

WITHOUT_LIMIT = 1 << 200


def swapped(pool: PoolSnapshot, *, up: bool) -> tuple[int, int]:
    """Return what the router's swap to the end of the range moves of token0 and token1."""
    fraction = (REACH_NUMERATOR, REACH_DENOMINATOR)
    up_by, down_by = fraction if up else fraction[::-1]
    limit_x96 = pool.sqrt_price_x96 * up_by // down_by
    free = pool.model_copy(update={"fee_pips": 0})
    result = PythonRouter().prepare(free).quote(Swap(not up, WITHOUT_LIMIT, False, limit_x96))
    moved = (result.amount_in, result.amount_out)
    return moved[::-1] if up else moved


@given(snapshots())
def test_it_is_the_smaller_of_the_two_swaps_that_move_the_price_by_two_percent(
    pool: PoolSnapshot,
) -> None:
    """The router rounds at every tick and every word of the bitmap, so it moves a little more."""
    assume(pool.liquidity)
    up, down = swapped(pool, up=True), swapped(pool, up=False)
    for token, moved in ((TOKEN0, min(up[0], down[0])), (TOKEN1, min(up[1], down[1]))):
        measured = int(tradable_depth(pool, token).scaleb(token.decimals))
        assert abs(moved - measured) <= 50


def test_a_pool_that_only_buys_trades_nothing_however_large_its_virtual_reserve() -> None:
    offer = standing_offer(WETH, USDC, 322_378, 8_000 * 10**6)
    assert depth(offer, USDC) > 100_000_000
    assert tradable_depth(offer, USDC) == 0
    PythonRouter().prepare(offer)  # it is a state that a pool can be in


def test_money_in_one_tick_counts_once() -> None:
    """All of it trades within the range, and not a dollar more, whatever the virtual reserve."""
    pool = snapshot_of(ticks_of([(-1, 1, 10**18)]), Q96, fee_pips=100)
    assert depth(pool, TOKEN1) == 10**12
    assert tradable_depth(pool, TOKEN1) < depth(pool, TOKEN1) / 10_000


def test_liquidity_far_away_does_not_count() -> None:
    near = snapshot_of(ticks_of([(-600, 600, 10**18)]), Q96)
    more = snapshot_of(ticks_of([(-600, 600, 10**18), (600, 6_000, 10**24)]), Q96)
    assert tradable_depth(near, TOKEN0) == tradable_depth(more, TOKEN0)


@pytest.mark.parametrize("pool", MARKET.snapshots(1_800_000_000), ids=lambda one: one.pool)
def test_the_simulated_pools_count(pool: PoolSnapshot) -> None:
    for token in (pool.token0, pool.token1):
        assert 0 < tradable_depth(pool, token) < depth(pool, token) / 50


def test_the_pools_of_these_tests_have_the_depth_they_are_made_with() -> None:
    pool = pool_at(WETH, USDC, Decimal(3_000), Decimal(50_000))
    assert tradable_depth(pool, USDC) == pytest.approx(Decimal(50_000), rel=Decimal("1e-9"))
