"""Which pools the planner takes, at which gas price, and where a strategy trades."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.planner.decide import decide
from actors.planner.quoting import MarketReading, read_market
from actors.venues.simulated.swap import route_pools, swap
from tests.support.factories import (
    CHAIN,
    DAI,
    LINK,
    NOW,
    REGISTRY,
    USDC,
    WBTC,
    WETH,
    accepted,
    cache_of,
    market_view,
)
from tests.support.limits import PLAN_LIMITS
from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.instruments.pools import ChainHead, PoolSnapshot
from tradewind.contracts.plans.limits import PlanLimits
from tradewind.contracts.plans.model import ExecutionStep
from tradewind.trading.pricing.pools.pool_view import PoolView
from tradewind.trading.pricing.pools.price_quote import PriceQuote
from tradewind.trading.pricing.pools.snapshot_keys import head_key
from tradewind.trading.pricing.routes.best_route import best_exact_in, best_exact_out
from tradewind.trading.pricing.swap.router import Swap

MARKET = market_view()
HOUR_AGO = NOW - timedelta(hours=1)
GWEI = 10**9
LARGE = Decimal(300)
"""WETH, or about a million dollars: enough to move the deepest pool."""

amounts_usd = st.integers(1, 1_000_000)
kinds = st.sampled_from(["acquire", "dispose"])


def market_at(base_fee_wei: int) -> PoolView:
    """Return the market of a chain with this base fee, and 1 gwei to add."""
    cache = cache_of([pool.snapshot for pool in MARKET_POOLS])
    head = ChainHead(
        chain=CHAIN,
        chain_id=1,
        block_number=1,
        block_hash="0x" + "1" * 64,
        block_time=NOW,
        base_fee_per_gas_wei=base_fee_wei,
        priority_fee_per_gas_wei=GWEI,
    )
    cache.apply(head_key(CHAIN), head.model_dump_json().encode())
    return PoolView(cache, REGISTRY)


MARKET_POOLS = [*MARKET.pools(WETH, USDC), *MARKET.connecting(WETH, USDC)]


def outcome(market: PoolView = MARKET, limits: PlanLimits = PLAN_LIMITS, **changes: Any) -> Any:
    event = accepted(**changes)
    (decided,) = decide(event, read_market(market, event.payload.intent), limits, NOW)
    return decided.payload


def execute(step: ExecutionStep) -> int:
    """Swap on the planned snapshots."""
    pools = [MARKET.pool(CHAIN, address) for address in route_pools(step)]
    swapped = swap(step, [pool for pool in pools if pool is not None])
    assert swapped.is_filled
    return swapped.amount_out


@pytest.mark.parametrize("intent_type", ["acquire", "dispose"])
def test_a_pair_without_a_pool_is_traded_through_a_third_token(intent_type: str) -> None:
    (step,) = outcome(assets=(WBTC, DAI), amount=Decimal("0.1"), intent_type=intent_type).steps
    first, second = step.route.legs
    assert step.route.path == "two_hop"
    assert (first.token_in, second.token_out) == (step.token_in, step.token_out)
    assert first.token_out == second.token_in == WETH.address
    assert first.amount_out == second.amount_in
    assert (first.amount_in, second.amount_out) == (step.amount_in, step.route.amount_out)
    assert (step.route.pool, step.route.fee_pips) == (first.pool, first.fee_pips)
    if intent_type == "acquire":
        assert (step.route.amount_out, step.min_out) == (10**7, 99 * 10**5)
    else:
        assert (step.amount_in, step.min_out) == (10**7, -(-step.route.amount_out * 99 // 100))


@pytest.mark.parametrize("intent_type", ["acquire", "dispose"])
def test_a_large_swap_is_split_over_fee_tiers(intent_type: str) -> None:
    (step,) = outcome(amount=LARGE, intent_type=intent_type).steps
    legs = step.route.legs
    assert step.route.path == "split"
    assert len({leg.pool for leg in legs}) == len(legs) > 1
    assert {(leg.token_in, leg.token_out) for leg in legs} == {(step.token_in, step.token_out)}
    assert sum(leg.amount_in for leg in legs) == step.amount_in
    assert sum(leg.amount_out for leg in legs) == step.route.amount_out


def test_what_no_pool_can_take_alone_may_be_split() -> None:
    pools = MARKET.pools(WETH, USDC)
    most = max(pool.quote(Swap(pool.snapshot.token0 == WETH, 2**127)).amount_in for pool in pools)
    (step,) = outcome(amount=Decimal(most // 10**18 + 1), intent_type="dispose").steps
    assert step.route.path == "split"


@given(st.permutations([WETH, USDC, DAI, WBTC]), amounts_usd, kinds)
def test_a_plan_executed_on_its_snapshots_meets_its_minimum(
    tokens: list[Asset], value_usd: int, intent_type: str
) -> None:
    """Every kind of route is executed as exact-in: what was planned must be reachable that way."""
    planned = outcome(
        assets=(tokens[0], tokens[1]), intent_type=intent_type, amount=worth(tokens[0], value_usd)
    )
    if planned.topic == "plan.rejected":
        assert planned.reason == "INSUFFICIENT_LIQUIDITY"
        return
    (step,) = planned.steps
    received = execute(step)
    assert received >= step.route.amount_out >= step.min_out
    if intent_type == "dispose":
        assert received == step.route.amount_out


def worth(token: Asset, value_usd: int) -> Decimal:
    """Return about as many whole tokens as have this value."""
    price = {"WETH": 3_000, "WBTC": 60_000}.get(token.symbol, 1)
    return (Decimal(value_usd) / price).quantize(Decimal("0.000001")) + 1


@given(amounts_usd, kinds, st.integers(0, 1_000))
def test_a_route_of_several_pools_is_better_net_of_gas_than_any_one(
    value_usd: int, intent_type: str, base_fee_gwei: int
) -> None:
    market = market_at(base_fee_gwei * GWEI)
    changes: dict[str, Any] = {"intent_type": intent_type, "amount": worth(WETH, value_usd)}
    (step,) = outcome(market, **changes).steps
    amount = accepted(**changes).payload.intent.amount_base_units
    gas_cost = _usdc_per_gas(market, (base_fee_gwei + 1) * GWEI)
    pools = market.pools(WETH, USDC)
    if intent_type == "acquire":
        single = best_exact_out(pools, USDC, amount, gas_cost)
        planned = step.amount_in + gas_cost * step.route.gas_estimate
        assert single is None or planned <= single.amount_in + gas_cost * single.gas_estimate
    else:
        single = best_exact_in(pools, WETH, amount, gas_cost)
        planned = step.route.amount_out - gas_cost * step.route.gas_estimate
        assert single is None or planned >= single.amount_out - gas_cost * single.gas_estimate


def _usdc_per_gas(market: PoolView, gas_price_wei: int) -> Decimal:
    price = market.price_usd(WETH)
    assert isinstance(price, PriceQuote)
    return price.price_usd * gas_price_wei / 10**12


def test_gas_decides_over_how_many_pools_a_swap_is_spread() -> None:
    def legs(base_fee_gwei: int) -> int:
        (step,) = outcome(market_at(base_fee_gwei * GWEI), amount=Decimal(60)).steps
        return max(len(step.route.legs), 1)

    assert [legs(fee) for fee in (0, 1_000)] == [2, 1]


def test_gas_is_priced_from_the_newest_block_where_there_is_a_chain() -> None:
    plans = [outcome(market).plan for market in (MARKET, market_at(0), market_at(GWEI))]
    without_chain, quiet, busy = (plan.estimated_cost for plan in plans)
    assert without_chain == quiet
    gas = plans[2].steps[0].route.gas_estimate
    assert gas == plans[1].steps[0].route.gas_estimate
    price = MARKET.price_usd(WETH)
    assert isinstance(price, PriceQuote)
    difference = gas * GWEI * price.price_usd / 10**18
    assert abs(busy - quiet - difference) <= Decimal("0.000001")


def aged(*pairs: tuple[Asset, Asset]) -> MarketReading:
    """Return the market for WETH/USDC with old snapshots of these pairs, its prices fresh."""
    old = {pool.snapshot.pool for pair in pairs for pool in MARKET.pools(*pair)}

    def age(snapshot: PoolSnapshot) -> PoolSnapshot:
        is_old = snapshot.pool in old
        return snapshot.model_copy(update={"block_time": HOUR_AGO}) if is_old else snapshot

    view = PoolView(cache_of([age(pool.snapshot) for pool in MARKET_POOLS]), REGISTRY)
    fresh = read_market(MARKET, accepted().payload.intent)
    stale = read_market(view, accepted().payload.intent)
    return replace(stale, quote_usd=fresh.quote_usd, native_usd=fresh.native_usd)


def decided_on(reading: MarketReading) -> Any:
    (decided,) = decide(accepted(), reading, PLAN_LIMITS, NOW)
    return decided.payload


def test_the_detour_is_taken_while_the_direct_pools_are_stale() -> None:
    (step,) = decided_on(aged((WETH, USDC))).steps
    assert (step.route.path, step.route.legs[0].token_out) == ("two_hop", DAI.address)


@pytest.mark.parametrize("half", [(WETH, DAI), (USDC, DAI)])
def test_a_detour_with_one_stale_pool_is_not_taken(half: tuple[Asset, Asset]) -> None:
    rejected = decided_on(aged((WETH, USDC), half))
    assert rejected.reason == "STALE_POOL"
    assert rejected.detail == "snapshot is 3600 s old, 60 s are allowed"


def test_pools_that_lead_to_no_common_token_are_no_route() -> None:
    for assets in ((WETH, LINK), (LINK, DAI)):
        rejected = outcome(assets=assets)
        pair = f"{assets[0].symbol}/{assets[1].symbol}"
        assert rejected.reason == "NO_POOL"
        assert rejected.detail == f"no pool trades {pair}, nor do two in a row"


@pytest.mark.parametrize(
    ("strategy_id", "venue"),
    [
        ("demo-slow-venue", "simulated"),
        ("paper-1", "simulated"),
        ("demo", "uniswap_v3"),
        ("my-paper-1", "uniswap_v3"),
        ("Demo-1", "simulated"),
        ("PAPER-x", "simulated"),
        ("pApEr-1", "simulated"),
        ("DEMO", "uniswap_v3"),
    ],
)
def test_paper_strategies_trade_on_the_simulated_venue_beside_a_chain(
    strategy_id: str, venue: str
) -> None:
    limits = PLAN_LIMITS.model_copy(
        update={"venue": "uniswap_v3", "paper_strategies": ("demo-*", "paper-*")}
    )
    plan = outcome(limits=limits, strategy_id=strategy_id).plan
    assert plan.steps[0].venue == venue
    assert plan.estimated_duration_ms == (20 if venue == "simulated" else 12_000)
    without_chain = outcome(strategy_id=strategy_id).plan
    assert without_chain.steps[0].venue == "simulated"


def test_patterns_of_paper_strategies_may_be_in_any_case() -> None:
    limits = PLAN_LIMITS.model_copy(update={"venue": "uniswap_v3", "paper_strategies": ("Dry-*",)})
    assert limits.venue_of("dry-run") == limits.venue_of("DRY-RUN") == "simulated"
