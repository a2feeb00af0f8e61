"""Dollar prices from pools, and when pools are not believed."""

from collections.abc import Sequence
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
from tests.support.limits import PRICE_LIMITS
from tests.unit.pricing.pools import TOKEN0, TOKEN1, snapshot_of
from tests.unit.pricing.pools_at_a_price import pool_at, standing_offer
from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.instruments.pools import PoolSnapshot
from tradewind.contracts.instruments.prices import PriceLimits
from tradewind.trading.pricing.pools.mid_price import depth, mid_price, other_token
from tradewind.trading.pricing.pools.price_quote import NoPrice, PriceQuote
from tradewind.trading.pricing.pools.priced_pools import PoolState, PricedPools
from tradewind.trading.pricing.pools.usd_price import PRICE_DIGITS, usd_price
from tradewind.trading.pricing.swap.tick_math import MAX_SQRT_RATIO, MIN_SQRT_RATIO, Q96

SNAPSHOTS = MARKET.snapshots(BLOCK_NUMBER)
HONEST = Decimal(3_000)
ANY_FLOOR = PRICE_LIMITS.model_copy(update={"min_pool_depth_usd": Decimal("0.000001")})
USDC_OFFER_TICK = 322_378
"""Of token0 in token1, which is USDC in WETH: one cent for a WETH."""


def pools_of(*tokens: Asset) -> list[PoolSnapshot]:
    return [pool for pool in SNAPSHOTS if {pool.token0, pool.token1} <= set(tokens)]


def asked(
    token: Asset, pools: Sequence[PoolSnapshot | PoolState], limits: PriceLimits | None
) -> PriceQuote | NoPrice:
    states = [one if isinstance(one, PoolState) else PoolState(one) for one in pools]
    return usd_price(token, PricedPools(states), REGISTRY, limits)


def priced(
    token: Asset,
    pools: Sequence[PoolSnapshot | PoolState],
    limits: PriceLimits | None = PRICE_LIMITS,
) -> PriceQuote:
    found = asked(token, pools, limits)
    assert isinstance(found, PriceQuote), found.why
    return found


def refused(
    token: Asset,
    pools: Sequence[PoolSnapshot | PoolState],
    limits: PriceLimits | None = PRICE_LIMITS,
) -> str:
    found = asked(token, pools, limits)
    assert isinstance(found, NoPrice), found.price_usd
    return found.why


def test_the_pool_that_can_trade_most_gives_the_price() -> None:
    deep = pool_at(WETH, USDC, HONEST, Decimal(300_000), number=1)
    shallow = pool_at(WETH, USDC, Decimal(3_030), Decimal(100_000), number=2)

    price = priced(WETH, [shallow, deep])

    assert price.price_usd == pytest.approx(mid_price(deep, WETH), rel=Decimal("1e-17"))
    assert (price.block_number, price.block_time) == (BLOCK_NUMBER, NOW)


def test_without_a_direct_pool_the_price_goes_through_one_intermediate() -> None:
    pools = pools_of(WBTC, WETH) + pools_of(WETH, DAI)
    price = priced(WBTC, pools)
    expected = mid_price(pools[0], WBTC) * mid_price(pools[1], WETH)
    assert price.price_usd == pytest.approx(expected, rel=Decimal("1e-17"))


def test_a_price_is_as_old_as_the_oldest_pool_it_rests_on() -> None:
    (first,), (second,) = pools_of(WBTC, WETH), pools_of(WETH, DAI)
    old = second.model_copy(update={"block_number": 7, "block_time": NOW.replace(year=2001)})
    price = priced(WBTC, [first, old])
    assert (price.block_number, price.block_time.year) == (7, 2001)


def test_a_pegged_token_is_one_dollar_while_something_trades_it() -> None:
    assert priced(DAI, pools_of(WETH, DAI)).price_usd == 1
    assert refused(DAI, pools_of(WETH, USDC)) == ""


def test_no_pool_no_price() -> None:
    assert refused(LINK, SNAPSHOTS) == ""
    assert refused(WETH, []) == ""
    assert refused(WBTC, pools_of(WBTC, WETH)) == ""


def test_a_pool_without_liquidity_prices_nothing() -> None:
    dry = [pool.model_copy(update={"liquidity": 0}) for pool in pools_of(WETH, USDC)]
    assert refused(WETH, dry) == ""


def test_a_token_that_differs_from_the_registry_has_no_price() -> None:
    false_decimals = WETH.model_copy(update={"decimals": 6})
    assert refused(false_decimals, SNAPSHOTS) == ""
    assert refused(TOKEN0, SNAPSHOTS) == ""


@pytest.mark.parametrize("offered", [8_000, 8_000_000])
def test_an_offer_that_nobody_takes_changes_nothing(offered: int) -> None:
    """It only buys, for a cent, so it stands for ever; its virtual reserve is the largest."""
    honest = pools_of(WETH, USDC)
    offer = standing_offer(WETH, USDC, USDC_OFFER_TICK, offered * 10**6, number=9)
    assert depth(offer, USDC) > max(depth(pool, USDC) for pool in honest)
    assert priced(WETH, [offer, *honest]) == priced(WETH, honest)
    assert "can trade 0 USD near its price" in refused(WETH, [offer])


def test_an_offer_at_an_intermediate_changes_nothing() -> None:
    honest = [*pools_of(WBTC, WETH), *pools_of(WETH, USDC)]
    offer = standing_offer(WETH, USDC, USDC_OFFER_TICK, 8_000 * 10**6, number=9)
    assert priced(WBTC, [offer, *honest]) == priced(WBTC, honest)
    bought = standing_offer(WBTC, WETH, 100_000, 10**18, number=9)
    assert priced(WBTC, [bought, *honest]) == priced(WBTC, honest)


@pytest.mark.parametrize("price", [Decimal("0.01"), Decimal(1_000_000_660), Decimal(3_200)])
def test_a_pool_of_eight_thousand_dollars_has_no_say(price: Decimal) -> None:
    honest = pools_of(WETH, USDC)
    false = pool_at(WETH, USDC, price, Decimal(8_000), number=9)
    assert priced(WETH, [false, *honest]) == priced(WETH, honest)


@pytest.mark.parametrize("depth_usd", [20_000, 200_000, 20_000_000])
@pytest.mark.parametrize("price", [Decimal("0.01"), Decimal(3_200), Decimal(1_000_000)])
def test_pools_that_disagree_are_named_with_how_much(price: Decimal, depth_usd: int) -> None:
    """Which of the two is the liar cannot be known, even where one has nearly all the money."""
    honest = pool_at(WETH, USDC, HONEST, Decimal(200_000), number=1)
    false = pool_at(WETH, USDC, price, Decimal(depth_usd), number=9)
    for pools in ([honest, false], [false, honest]):
        why = refused(WETH, pools)
        assert "pools disagree, 5 % are allowed" in why
        assert f"{honest.pool} says 3000 USD" in why
        assert false.pool in why
        assert "% apart" in why


def test_the_bound_includes_its_value() -> None:
    honest = pool_at(WETH, USDC, HONEST, Decimal(200_000), number=1)
    near = pool_at(WETH, USDC, Decimal(3_149), Decimal(100_000), number=2)
    assert priced(WETH, [honest, near]).price_usd == pytest.approx(HONEST, rel=Decimal("1e-9"))
    far = pool_at(WETH, USDC, Decimal(3_151), Decimal(100_000), number=2)
    assert "(5.03 % apart)" in refused(WETH, [honest, far])


def test_pools_against_other_dollars_and_through_other_tokens_are_compared_too() -> None:
    direct = pool_at(WBTC, USDC, Decimal(60_000), Decimal(100_000), number=1)
    others = [
        pool_at(WETH, USDC, HONEST, Decimal(200_000), number=2),
        pool_at(WBTC, WETH, Decimal(22), Decimal(50), number=3),
    ]
    why = refused(WBTC, [direct, *others])
    assert f"{others[1].pool} with {others[0].pool} says 66000 USD, " in why
    assert f"{direct.pool} says 60000 USD (10 % apart)" in why
    against_dai = pool_at(WBTC, DAI, Decimal(66_000), Decimal(50_000), number=4)
    assert against_dai.pool in refused(WBTC, [direct, against_dai])


def test_a_token_in_doubt_prices_no_other_one() -> None:
    """Otherwise two false pools would do: one puts the honest way in doubt, one is the only way."""
    pools = [
        pool_at(WETH, USDC, HONEST, Decimal(200_000), number=1),
        pool_at(WETH, USDC, Decimal(1), Decimal(20_000), number=8),
        pool_at(LINK, WETH, Decimal("0.005"), Decimal(30), number=2),
    ]
    assert refused(LINK, pools).startswith("WETH: pools disagree")
    direct = pool_at(LINK, USDC, Decimal(1), Decimal(20_000), number=9)
    assert refused(LINK, [direct, *pools]).startswith("WETH: pools disagree")


def test_what_is_too_shallow_prices_nothing() -> None:
    shallow = pool_at(WETH, USDC, HONEST, Decimal(9_999), number=1)
    why = refused(WETH, [shallow])
    assert why == (
        f"{shallow.pool} can trade 9999 USD near its price, and no pool more; "
        "10000 USD are asked for"
    )
    deep_end = pool_at(WBTC, WETH, Decimal(20), Decimal(1_000), number=2)
    assert "can trade 9999 USD" in refused(WBTC, [shallow, deep_end])


def test_among_small_pools_one_that_is_just_large_enough_is_not_alone() -> None:
    honest = [pool_at(WETH, USDC, HONEST, Decimal(9_000), number=one) for one in (1, 2)]
    false = pool_at(WETH, USDC, Decimal(30_000), Decimal(11_000), number=9)
    assert "pools disagree" in refused(WETH, [*honest, false])


@pytest.mark.parametrize(("moved", "believed"), [(900, True), (-900, True), (1_000, False)])
def test_a_price_that_left_its_last_minutes_is_not_believed(moved: int, believed: bool) -> None:
    """1,000 ticks are 10.5 %: 10 % are allowed."""
    pool = pool_at(WETH, USDC, HONEST, Decimal(200_000), number=1)
    state = PoolState(pool, pool.tick - moved)
    if believed:
        found, unaware = priced(WETH, [state]), priced(WETH, [pool])
        assert (found.moved_ticks, unaware.moved_ticks) == (900, None)
        assert found._replace(moved_ticks=None) == unaware
    else:
        why = refused(WETH, [state])
        assert why.startswith(f"{pool.pool} says 3000 USD, 10.5 % away from its last minutes")
        end = pool_at(WBTC, WETH, Decimal(20), Decimal(1_000), number=2)
        assert refused(WBTC, [state, end]).startswith("WETH: ")
        assert "last minutes" in refused(WBTC, [pool, PoolState(end, end.tick + moved)])


@given(
    st.lists(st.tuples(st.integers(-100, 100), st.integers(10_000, 10**7)), min_size=1, max_size=4),
    st.lists(
        st.tuples(
            st.integers(-900_000, 900_000), st.integers(1, 10**9), st.sampled_from([USDC, DAI])
        ),
        max_size=4,
    ),
)
def test_whatever_an_attacker_pays_the_price_is_near_the_honest_one_or_none(
    honest: list[tuple[int, int]], attacks: list[tuple[int, int, Asset]]
) -> None:
    """Honest pools differ by 1 %; an attacker may have more money than all of them together."""
    pools = [
        pool_at(WETH, USDC, HONEST * (10_000 + away) / 10_000, Decimal(usd), number=number)
        for number, (away, usd) in enumerate(honest, 1)
    ]
    for number, (ticks, usd, dollar) in enumerate(attacks, 100):
        price = HONEST * Decimal("1.00001") ** ticks
        pools.append(pool_at(WETH, dollar, price, Decimal(usd), number=number))
    found = asked(WETH, pools, PRICE_LIMITS)
    if isinstance(found, PriceQuote):
        assert HONEST * Decimal("0.94") < found.price_usd < HONEST * Decimal("1.065")


@given(
    st.lists(st.integers(10_001, 10**6), min_size=1, max_size=3),
    st.lists(st.tuples(st.integers(-900_000, 900_000), st.integers(1, 900)), max_size=3),
)
def test_an_attacker_with_a_tenth_of_the_limit_changes_nothing(
    honest: list[int], attacks: list[tuple[int, int]]
) -> None:
    """Nor through an intermediate token, whichever of the two pools is the false one."""
    ways = [pool_at(WETH, USDC, HONEST, Decimal(usd), number=one) for one, usd in enumerate(honest)]
    end = pool_at(LINK, WETH, Decimal("0.005"), Decimal(100), number=50)
    false = []
    for number, (ticks, usd) in enumerate(attacks, 100):
        factor = Decimal("1.00001") ** ticks
        false.append(pool_at(WETH, USDC, HONEST * factor, Decimal(usd), number=number))
        price, paid = Decimal("0.005") * factor, Decimal(usd) / HONEST
        false.append(pool_at(LINK, WETH, price, paid, number=number + 50))
    for token in (WETH, LINK):
        assert priced(token, [*false, *ways, end]) == priced(token, [*ways, end])


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


@given(st.integers(1, 2**64), st.sampled_from([None, ANY_FLOOR]))
def test_a_price_fits_an_event(scale: int, limits: PriceLimits | None) -> None:
    (pool, *_) = pools_of(WETH, USDC)
    moved = max(MIN_SQRT_RATIO, pool.sqrt_price_x96 // scale)
    price = asked(WETH, [pool.model_copy(update={"sqrt_price_x96": moved})], limits)
    if isinstance(price, PriceQuote):
        _, digits, exponent = price.price_usd.as_tuple()
        assert len(digits) <= PRICE_DIGITS
        assert isinstance(exponent, int)
        assert exponent >= -36
        assert price.price_usd > 0


def test_without_limits_the_largest_virtual_reserve_gives_the_price_as_it_once_did() -> None:
    """Decisions that were recorded without limits are repeated by this rule."""
    honest = pools_of(WETH, USDC)
    offer = standing_offer(WETH, USDC, USDC_OFFER_TICK, 8_000 * 10**6, number=9)
    price = priced(WETH, [*honest, offer], limits=None)
    assert price.price_usd == pytest.approx(Decimal("0.01"), rel=Decimal("0.001"))
