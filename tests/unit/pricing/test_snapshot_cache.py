"""The cache takes pool states and nothing else."""

from datetime import timedelta
from decimal import Decimal

import pytest
from structlog.testing import capture_logs

from tests.support.factories import (
    BLOCK_NUMBER,
    CHAIN,
    DAI,
    LINK,
    MARKET,
    NOW,
    REGISTRY,
    USDC,
    WBTC,
    WETH,
    cache_of,
)
from tests.support.limits import PRICE_LIMITS
from tests.unit.pricing.pools_at_a_price import pool_at
from tradewind.trading.pricing.pools.pool_view import MarketNotLoaded, PoolView
from tradewind.trading.pricing.pools.price_quote import NoPrice, PriceQuote, is_fresh
from tradewind.trading.pricing.pools.snapshot_keys import snapshot_key

SNAPSHOTS = MARKET.snapshots(BLOCK_NUMBER)
POOL = SNAPSHOTS[0]
KEY = snapshot_key(POOL)


def test_pools_are_found_by_pair_in_either_order_and_by_address() -> None:
    cache = cache_of(SNAPSHOTS)
    assert sorted(pool.snapshot.fee_pips for pool in cache.pools(CHAIN, WETH, USDC)) == [
        500,
        3_000,
        10_000,
    ]
    assert cache.pools(CHAIN, USDC, WETH) == cache.pools(CHAIN, WETH, USDC)
    assert cache.pools(CHAIN, WETH, LINK) == []
    assert cache.pools("polygon", WETH, USDC) == []
    found = cache.pool(CHAIN, POOL.pool)
    assert found is not None
    assert found.snapshot == POOL
    assert cache.pool(CHAIN, LINK.address) is None


def test_a_token_with_other_decimals_is_another_token() -> None:
    false_weth = WETH.model_copy(update={"decimals": 6})
    cache = cache_of(SNAPSHOTS)
    assert cache.pools(CHAIN, false_weth, USDC) == []
    (connecting,) = cache.connecting(CHAIN, false_weth, USDC)
    assert {connecting.snapshot.token0, connecting.snapshot.token1} == {USDC, DAI}


def test_connecting_pools_have_one_of_the_two_tokens() -> None:
    cache = cache_of(SNAPSHOTS)
    direct, connecting = cache.pools(CHAIN, WETH, USDC), cache.connecting(CHAIN, WETH, USDC)
    assert (len(direct), len(connecting)) == (3, 3)
    assert not {id(pool) for pool in direct} & {id(pool) for pool in connecting}
    assert cache.connecting("polygon", WETH, USDC) == []


def test_a_later_value_replaces_the_earlier() -> None:
    cache = cache_of([POOL, MARKET.snapshots(BLOCK_NUMBER + 60)[0]])
    (pool,) = cache.all()
    assert pool.block_number == BLOCK_NUMBER + 60


def test_a_deleted_pool_is_forgotten() -> None:
    cache = cache_of([POOL])
    cache.remove(KEY)
    cache.remove(KEY)
    assert cache.all() == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (KEY, b""),
        (KEY, b"\xff\xfe"),
        (KEY, b'{"chain": "ethereum"}'),
        (KEY, POOL.model_dump_json().replace("sqrtPriceX96", "price").encode()),
        (KEY, POOL.model_copy(update={"liquidity": 1}).model_dump_json().encode()),
        (KEY, POOL.model_copy(update={"sqrt_price_x96": 0}).model_dump_json().encode()),
        (snapshot_key(SNAPSHOTS[1]), POOL.model_dump_json().encode()),
    ],
)
def test_what_is_no_pool_state_is_counted_and_the_last_good_one_kept(
    key: str, value: bytes
) -> None:
    cache = cache_of([POOL])
    cache.apply(key, value)
    assert cache.skipped_total == 1
    assert cache.all() == [POOL]


def test_an_empty_cache_is_no_market() -> None:
    view = PoolView(cache_of([]), REGISTRY)
    with pytest.raises(MarketNotLoaded):
        view.price_usd(WETH)
    with pytest.raises(MarketNotLoaded):
        view.pools(WETH, DAI)
    with pytest.raises(MarketNotLoaded):
        view.pool(CHAIN, POOL.pool)


def test_a_price_follows_its_pools() -> None:
    cache = cache_of(SNAPSHOTS)
    view = PoolView(cache, REGISTRY)
    before = view.price_usd(WETH)
    assert isinstance(before, PriceQuote)
    assert view.price_usd(WETH) == before
    for snapshot in MARKET.snapshots(BLOCK_NUMBER + 30):
        cache.apply(snapshot_key(snapshot), snapshot.model_dump_json().encode())
    after = view.price_usd(WETH)
    assert after == PoolView(cache, REGISTRY).price_usd(WETH)
    assert after != before
    for snapshot in SNAPSHOTS[1:]:
        cache.remove(snapshot_key(snapshot))
    assert view.price_usd(WBTC) == NoPrice()


def test_a_price_is_asked_for_by_each_limit_anew() -> None:
    view = PoolView(cache_of(SNAPSHOTS), REGISTRY)
    strict = PRICE_LIMITS.model_copy(update={"min_pool_depth_usd": Decimal(10**9)})
    assert isinstance(view.price_usd(WETH, PRICE_LIMITS), PriceQuote)
    assert isinstance(view.price_usd(WETH, strict), NoPrice)
    assert isinstance(view.price_usd(WETH, PRICE_LIMITS), PriceQuote)


def test_a_price_that_leaves_its_last_minutes_is_refused_until_they_follow() -> None:
    cache = cache_of([])
    view = PoolView(cache, REGISTRY)

    def price_at(seconds: int, price: int) -> PriceQuote | NoPrice:
        time = NOW + timedelta(seconds=seconds)
        pool = pool_at(WETH, USDC, Decimal(price), Decimal(50_000), block_time=time)
        cache.apply(snapshot_key(pool), pool.model_dump_json().encode())
        return view.price_usd(WETH, PRICE_LIMITS)

    assert all(isinstance(price_at(second, 3_000), PriceQuote) for second in range(0, 300, 5))
    refused = [isinstance(price_at(second, 4_000), NoPrice) for second in range(300, 900, 5)]
    followed = refused.index(False)
    assert 50 <= followed <= 70
    assert not any(refused[followed:])


def test_a_pool_that_was_removed_has_no_past() -> None:
    cache = cache_of([])
    for second in range(0, 120, 5):
        pool = POOL.model_copy(update={"block_time": NOW + timedelta(seconds=second)})
        cache.apply(KEY, pool.model_dump_json().encode())
    assert cache.past_tick(KEY) is not None
    cache.remove(KEY)
    assert cache.past_tick(KEY) is None


def test_a_state_from_the_future_is_as_unusable_as_an_old_one() -> None:
    later, earlier = NOW.replace(year=NOW.year + 1), NOW.replace(year=NOW.year - 1)
    assert is_fresh(NOW, NOW, max_age_seconds=1)
    assert not is_fresh(later, NOW, max_age_seconds=60)
    assert not is_fresh(earlier, NOW, max_age_seconds=60)


def test_a_pool_that_stays_unusable_is_named_once() -> None:
    """Given a pool without a price at every block, then it is counted each time and said once."""
    cache = cache_of([])
    bad = POOL.model_copy(update={"sqrt_price_x96": 0}).model_dump_json().encode()
    good = POOL.model_dump_json().encode()
    with capture_logs() as records:
        for value in (bad, bad, bad, good, bad, bad):
            cache.apply(KEY, value)
    assert [one["key"] for one in records] == [KEY, KEY]
    assert cache.skipped_total == 5
