"""Dollar prices from pools."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.factories import (
    BLOCK_NUMBER,
    DAI,
    LINK,
    MARKET,
    NOW,
    REGISTRY,
    USDC,
    WBTC,
    WETH,
)
from tests.unit.pricing.pools import TOKEN0, TOKEN1, snapshot_of
from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.instruments.pools import PoolSnapshot
from tradewind.trading.pricing.pools.mid_price import depth, mid_price, other_token
from tradewind.trading.pricing.pools.usd_price import PRICE_DIGITS, usd_price
from tradewind.trading.pricing.swap.tick_math import MAX_SQRT_RATIO, MIN_SQRT_RATIO, Q96

SNAPSHOTS = MARKET.snapshots(BLOCK_NUMBER)


def pools_of(*tokens: Asset) -> list[PoolSnapshot]:
    return [pool for pool in SNAPSHOTS if {pool.token0, pool.token1} <= set(tokens)]


def test_the_direct_pool_with_most_liquidity_gives_the_price() -> None:
    deep, shallow = sorted(pools_of(WETH, USDC), key=lambda pool: depth(pool, USDC), reverse=True)[
        ::2
    ]
    dearer = shallow.model_copy(update={"sqrt_price_x96": shallow.sqrt_price_x96 * 2})

    price = usd_price(WETH, [dearer, deep], REGISTRY)

    assert price is not None
    assert price.price_usd == pytest.approx(mid_price(deep, WETH), rel=Decimal("1e-17"))
    assert (price.block_number, price.block_time) == (BLOCK_NUMBER, NOW)


def test_without_a_direct_pool_the_price_goes_through_one_intermediate() -> None:
    pools = pools_of(WBTC, WETH) + pools_of(WETH, DAI)
    price = usd_price(WBTC, pools, REGISTRY)
    assert price is not None
    expected = mid_price(pools[0], WBTC) * mid_price(pools[1], WETH)
    assert price.price_usd == pytest.approx(expected, rel=Decimal("1e-17"))


def test_a_price_is_as_old_as_the_oldest_pool_it_rests_on() -> None:
    (first,), (second,) = pools_of(WBTC, WETH), pools_of(WETH, DAI)
    old = second.model_copy(update={"block_number": 7, "block_time": NOW.replace(year=2001)})
    price = usd_price(WBTC, [first, old], REGISTRY)
    assert price is not None
    assert (price.block_number, price.block_time.year) == (7, 2001)


def test_a_pegged_token_is_one_dollar_while_something_trades_it() -> None:
    price = usd_price(DAI, pools_of(WETH, DAI), REGISTRY)
    assert price is not None
    assert price.price_usd == 1
    assert usd_price(DAI, pools_of(WETH, USDC), REGISTRY) is None


def test_no_pool_no_price() -> None:
    assert usd_price(LINK, SNAPSHOTS, REGISTRY) is None
    assert usd_price(WETH, [], REGISTRY) is None
    assert usd_price(WBTC, pools_of(WBTC, WETH), REGISTRY) is None


def test_a_pool_without_liquidity_prices_nothing() -> None:
    dry = [pool.model_copy(update={"liquidity": 0}) for pool in pools_of(WETH, USDC)]
    assert usd_price(WETH, dry, REGISTRY) is None


def test_a_token_that_differs_from_the_registry_has_no_price() -> None:
    false_decimals = WETH.model_copy(update={"decimals": 6})
    assert usd_price(false_decimals, SNAPSHOTS, REGISTRY) is None
    assert usd_price(TOKEN0, SNAPSHOTS, REGISTRY) is None


@given(st.integers(MIN_SQRT_RATIO, MAX_SQRT_RATIO - 1))
def test_both_sides_of_a_pool_have_reciprocal_prices(sqrt_price_x96: int) -> None:
    pool = snapshot_of([], sqrt_price_x96)
    product = mid_price(pool, TOKEN0) * mid_price(pool, TOKEN1)
    assert abs(product - 1) < Decimal("1e-20")


def test_price_and_depth_count_decimals() -> None:
    """At ratio 1 in base units, 10^12 whole TOKEN1 (6 decimals) stand for one TOKEN0 (18)."""
    pool = snapshot_of([(-100, 10**18), (100, -(10**18))], Q96, fee_pips=100)
    assert mid_price(pool, TOKEN0) == Decimal(10) ** 12
    assert depth(pool, TOKEN0) == 1
    assert depth(pool, TOKEN1) == Decimal(10) ** 12
    assert (other_token(pool, TOKEN0), other_token(pool, TOKEN1)) == (TOKEN1, TOKEN0)


@given(st.integers(1, 2**64))
def test_a_price_fits_an_event(scale: int) -> None:
    (pool, *_) = pools_of(WETH, USDC)
    moved = max(MIN_SQRT_RATIO, pool.sqrt_price_x96 // scale)
    price = usd_price(WETH, [pool.model_copy(update={"sqrt_price_x96": moved})], REGISTRY)
    if price is not None:
        _, digits, exponent = price.price_usd.as_tuple()
        assert len(digits) <= PRICE_DIGITS
        assert isinstance(exponent, int)
        assert exponent >= -36
        assert price.price_usd > 0
