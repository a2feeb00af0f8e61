"""The simulated market: the same for everyone, consistent, and alive."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.support.factories import BLOCK_NUMBER, CHAIN, LINK, MARKET, NOW, REGISTRY, USDC, WETH
from tradewind.trading.pricing.pools.mid_price import mid_price
from tradewind.trading.pricing.pools.simulated_pools import SimulatedPools
from tradewind.trading.pricing.swap.python_router import PythonRouter
from tradewind.trading.pricing.swap.router import Swap
from tradewind.trading.tokens import TokenRegistry

blocks = st.integers(0, 10**11)


@given(blocks)
def test_the_same_seed_and_block_give_the_same_pools(block_number: int) -> None:
    other_process = SimulatedPools(1, REGISTRY, CHAIN, block_ms=1_000)
    assert other_process.snapshots(block_number) == MARKET.snapshots(block_number)


def test_another_seed_gives_another_market() -> None:
    other = SimulatedPools(2, REGISTRY, CHAIN, block_ms=1_000)
    assert other.snapshots(BLOCK_NUMBER) != MARKET.snapshots(BLOCK_NUMBER)


@given(blocks)
def test_every_pool_is_a_state_a_pool_can_be_in(block_number: int) -> None:
    for snapshot in MARKET.snapshots(block_number):
        PythonRouter().prepare(snapshot)
        assert snapshot.liquidity > 0
        assert int(snapshot.token0.address, 16) < int(snapshot.token1.address, 16)


@given(blocks)
def test_the_price_drifts_little_and_in_every_fee_tier_alike(block_number: int) -> None:
    def weth_prices(block: int) -> list[float]:
        pools = MARKET.snapshots(block)
        return [
            float(mid_price(pool, WETH))
            for pool in pools
            if {pool.token0, pool.token1} == {WETH, USDC}
        ]

    now, later = weth_prices(block_number), weth_prices(block_number + 1)
    assert len(now) == 3
    assert max(now) / min(now) < 1.000001
    assert abs(later[0] / now[0] - 1) < 0.001
    assert 2_900 < now[0] < 3_100


def test_the_price_moves() -> None:
    def price(block: int) -> int:
        return MARKET.snapshots(block)[0].sqrt_price_x96

    assert len({price(BLOCK_NUMBER + step) for step in range(0, 1_000, 50)}) > 10


def test_pools_are_listed_in_three_fee_tiers_and_link_in_none() -> None:
    snapshots = MARKET.snapshots(BLOCK_NUMBER)
    listed = sorted(
        (*sorted((pool.token0.symbol, pool.token1.symbol)), pool.fee_pips) for pool in snapshots
    )
    assert listed == [
        ("DAI", "USDC", 500),
        ("DAI", "WETH", 3_000),
        ("USDC", "WETH", 500),
        ("USDC", "WETH", 3_000),
        ("USDC", "WETH", 10_000),
        ("WBTC", "WETH", 3_000),
    ]
    assert all(LINK not in (pool.token0, pool.token1) for pool in snapshots)
    assert len({pool.pool for pool in snapshots}) == len(snapshots)


def test_swaps_of_the_size_risk_allows_cross_ticks() -> None:
    crossed = 0
    for block in range(BLOCK_NUMBER, BLOCK_NUMBER + 2_000, 100):
        pool = PythonRouter().prepare(MARKET.snapshots(block)[0])
        is_zero_for_one = pool.snapshot.token0 == WETH
        crossed += pool.quote(Swap(is_zero_for_one, 3 * 10**18)).ticks_crossed
    assert crossed > 3


def test_the_block_number_grows_with_the_clock() -> None:
    assert MARKET.block_number_at(NOW) == BLOCK_NUMBER
    assert MARKET.block_number_at(NOW + timedelta(milliseconds=999)) == BLOCK_NUMBER
    assert MARKET.block_number_at(NOW + timedelta(seconds=2)) == BLOCK_NUMBER + 2
    assert MARKET.snapshots(BLOCK_NUMBER)[0].block_time == NOW


def test_a_pool_needs_both_tokens_in_the_registry() -> None:
    few = TokenRegistry([token for token in REGISTRY.tokens if token.symbol in ("WETH", "DAI")])
    market = SimulatedPools(1, few, CHAIN, block_ms=1_000)
    assert [pool.fee_pips for pool in market.snapshots(BLOCK_NUMBER)] == [3_000]
