"""The planner's plans and refusals."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.planner.actors import plan_intent, reject_unpriced
from actors.planner.decide import decide, decompose, risk_score
from actors.planner.obstacles import Obstacle
from actors.planner.ports import PlannerPorts
from actors.planner.quoting import read_market
from actors.risk.decide import decide as risk_decide
from actors.risk.screening import Prices
from tests.support.factories import (
    LINK,
    NOW,
    REGISTRY,
    USDC,
    WETH,
    accepted,
    cache_of,
    intent,
    market_view,
    submitted,
)
from tests.support.limits import PLAN_LIMITS, PRICE_LIMITS, RISK_LIMITS
from tests.support.portfolio_stage import judged, portfolio_ports
from tests.unit.pricing.pools_at_a_price import pool_at
from tradewind.contracts.ids import derive_plan_id
from tradewind.contracts.instruments.pools import PoolSnapshot
from tradewind.contracts.intents.cancellation import Cancellation
from tradewind.contracts.system.trading_states import EVERYTHING, TradingState
from tradewind.errors import NotYet
from tradewind.trading.cores.plan_swap import minimum_after_slippage
from tradewind.trading.halts.scopes import StateInForce
from tradewind.trading.pricing.pools.pool_view import MarketNotLoaded, PoolView
from tradewind.trading.pricing.pools.price_quote import NoPrice
from tradewind.trading.pricing.pools.snapshot_keys import snapshot_key
from tradewind.trading.pricing.swap.router import Swap

MARKET = market_view()
MAX_AGE = timedelta(seconds=PLAN_LIMITS.pool_max_age_seconds)


def outcome(market: PoolView = MARKET, late: timedelta = timedelta(0), **changes: Any) -> Any:
    event = accepted(**changes)
    reading = read_market(market, event.payload.intent)
    (event_out,) = decide(event, reading, PLAN_LIMITS, NOW + late)
    return event_out.payload


def test_a_reading_is_made_once_for_each_pair_and_state_of_the_market() -> None:
    """Given a pool that changes, then the next intent is planned on what it is now."""
    cache = cache_of([pool_at(WETH, USDC, Decimal(2_000), Decimal(10_000_000))])
    view, bought = PoolView(cache, REGISTRY), intent()
    before = read_market(view, bought, PRICE_LIMITS)
    assert read_market(view, intent(amount=Decimal(2)), PRICE_LIMITS) is before
    assert read_market(view, intent(assets=(LINK, USDC)), PRICE_LIMITS).pools == []
    changed = pool_at(WETH, USDC, Decimal(2_100), Decimal(10_000_000))
    cache.apply(snapshot_key(changed), changed.model_dump_json().encode())
    after = read_market(view, bought, PRICE_LIMITS)
    assert after == read_market(PoolView(cache, REGISTRY), bought, PRICE_LIMITS) != before
    cache.remove(snapshot_key(changed))
    with pytest.raises(MarketNotLoaded):
        read_market(view, bought, PRICE_LIMITS)


async def test_an_acquire_pays_quote_for_at_least_the_amount_less_slippage() -> None:
    event = accepted()

    (created,) = await plan_intent(event, PlannerPorts(MARKET, PLAN_LIMITS, now=lambda: NOW))

    assert (created.topic, created.sequence) == ("plan.created", 5)
    plan, (step,) = created.payload, created.payload.steps
    assert plan.plan_id == plan.plan.id == derive_plan_id(event.correlation_id, 5)
    assert (plan.strategy_id, plan.expires_at) == ("demo", event.payload.expires_at)
    assert plan.plan.steps == plan.steps
    assert (step.token_in, step.token_out) == (USDC.address, WETH.address)
    assert (step.base, step.quote, step.venue) == (WETH, USDC, "simulated")
    assert step.min_out == 99 * 10**16
    assert step.amount_in == step.route.amount_in
    assert step.route.amount_out == 10**18
    assert 2_900 * 10**6 < step.amount_in < 3_100 * 10**6


def test_a_dispose_sells_the_amount_for_at_least_the_quote_less_slippage() -> None:
    (step,) = outcome(intent_type="dispose").steps
    assert (step.token_in, step.token_out) == (WETH.address, USDC.address)
    assert step.amount_in == 10**18
    assert step.min_out == -(-step.route.amount_out * 99 // 100)


def test_the_best_fee_tier_is_taken() -> None:
    for intent_type in ("acquire", "dispose"):
        (step,) = outcome(intent_type=intent_type).steps
        assert step.route.fee_pips == 500


@given(
    st.sampled_from(["acquire", "dispose"]),
    st.decimals(Decimal("0.000001"), Decimal(3), places=6),
    st.decimals(0, Decimal("0.05"), places=4),
)
def test_executing_a_plan_on_its_snapshot_meets_its_minimum(
    intent_type: str, amount: Decimal, slippage: Decimal
) -> None:
    """Both kinds are executed as exact-in: what was planned must be reachable that way."""
    (step,) = outcome(intent_type=intent_type, amount=amount, slippage=slippage).steps
    pool = MARKET.pool("ethereum", step.route.pool)
    assert pool is not None
    zero_for_one = step.token_in == pool.snapshot.token0.address
    result = pool.quote(Swap(zero_for_one, step.amount_in))
    assert result.filled
    assert result.amount_out >= step.route.amount_out >= step.min_out
    if intent_type == "acquire":
        assert result.amount_out >= intent(amount=amount).amount_base_units


@given(st.integers(0, 2**128), st.decimals(0, 1, places=18))
def test_min_out_is_rounded_up_to_a_whole_base_unit(amount: int, slippage: Decimal) -> None:
    minimum = minimum_after_slippage(amount, slippage)
    kept = amount * (10**18 - int(slippage * 10**18))
    assert minimum == -(-kept // 10**18)
    assert minimum <= amount


@pytest.mark.parametrize("units", [1, 2, 3, 50, 98])
def test_a_few_base_units_lose_nothing_to_rounding(units: int) -> None:
    """One per cent of less than a hundred base units is no whole unit, so all are guaranteed."""
    (bought,) = outcome(amount=Decimal(units).scaleb(-18)).steps
    assert bought.min_out == units
    dust = round(Decimal(units + 1).scaleb(-6) / 3_000, 18)
    (sold,) = outcome(intent_type="dispose", amount=dust).steps
    assert 0 < sold.min_out == sold.route.amount_out < 101


def test_the_estimated_cost_is_fee_impact_and_gas() -> None:
    """1 WETH at 0.05 % fee: about 1.5 dollars of fee, some impact, 95,000 gas at 1 gwei."""
    for intent_type in ("acquire", "dispose"):
        cost = outcome(intent_type=intent_type).plan.estimated_cost
        assert Decimal("1.7") < cost < Decimal("4")
    expensive = PLAN_LIMITS.model_copy(update={"gas_price_wei": 100 * PLAN_LIMITS.gas_price_wei})
    event = accepted()
    (created,) = decide(event, read_market(MARKET, event.payload.intent), expensive, NOW)
    assert created.payload.plan.estimated_cost > outcome().plan.estimated_cost + 20


def test_the_risk_score_is_the_larger_share_of_the_limits() -> None:
    assert outcome(slippage=Decimal("0.01")).plan.risk_score == Decimal("0.3")
    assert outcome(slippage=Decimal("0.04")).plan.risk_score == Decimal("0.8")
    over = accepted(slippage=Decimal(1)).payload
    assert risk_score(over, PLAN_LIMITS) == 1


def bounded(event: Any, **bounds: int) -> Any:
    payload = event.payload.model_copy(update=bounds)
    event = event.model_copy(update={"payload": payload})
    (decided,) = decide(event, read_market(MARKET, payload.intent), PLAN_LIMITS, NOW)
    return decided.payload


def test_a_plan_that_pays_more_than_risk_allows_is_refused() -> None:
    paid = outcome().steps[0].amount_in
    created = bounded(accepted(), max_amount_in=paid)
    assert (created.topic, created.max_amount_in) == ("plan.created", paid)
    rejected = bounded(accepted(), max_amount_in=paid - 1)
    assert rejected.reason == "PRICE_IMPACT_LIMIT"
    whole = Decimal(paid).scaleb(-6)
    assert (
        rejected.detail == f"{whole} USDC would be paid, {whole - Decimal('0.000001')} are allowed"
    )


def test_a_sale_that_yields_less_than_risk_asks_is_refused() -> None:
    sale = accepted(intent_type="dispose")
    received = outcome(intent_type="dispose").steps[0].route.amount_out
    bounds = {"max_amount_in": 10**18, "min_amount_out": received}
    created = bounded(sale, **bounds)
    assert (created.topic, created.min_amount_out) == ("plan.created", received)
    rejected = bounded(sale, **bounds | {"min_amount_out": received + 1})
    assert rejected.reason == "PRICE_IMPACT_LIMIT"
    assert "USDC would be received" in rejected.detail
    rejected = bounded(sale, **bounds | {"max_amount_in": 10**18 - 1})
    assert rejected.detail.endswith(" WETH would be paid, 0.999999999999999999 are allowed")


async def test_a_thin_pool_cannot_make_a_plan_cost_more_than_twice_what_was_approved() -> None:
    """The honest price is that of a pool of 10,500 dollars: one WETH is worth 3,000 of them."""
    pool = pool_at(WETH, USDC, Decimal(3_000), Decimal(10_500), fee_pips=500)
    thin = PoolView(cache_of([pool]), REGISTRY)
    event = submitted(amount=Decimal(3))
    prices = Prices(*(thin.price_usd(token, PRICE_LIMITS) for token in (WETH, USDC)))
    (screened,) = risk_decide(event, prices, RISK_LIMITS, NOW)
    _, approved = await judged(screened, portfolio_ports(lambda: NOW))
    reading = read_market(thin, event.payload.intent, PRICE_LIMITS)
    (created,) = decide(approved, reading, PLAN_LIMITS, NOW)
    assert created.payload.topic == "plan.created"
    assert created.payload.steps[0].amount_in <= approved.payload.max_amount_in

    shallow = pool_at(WETH, USDC, Decimal(3_000), Decimal(1_000), fee_pips=500)
    dried = PoolView(cache_of([shallow]), REGISTRY)
    reading = replace(reading, pools=dried.pools(WETH, USDC))
    (rejected,) = decide(approved, reading, PLAN_LIMITS, NOW)
    assert rejected.payload.reason == "PRICE_IMPACT_LIMIT"


def test_an_intent_is_not_split() -> None:
    assert decompose(intent()) == (intent(),)


def trades_usdc(pool: PoolSnapshot) -> bool:
    return USDC in (pool.token0, pool.token1)


@pytest.mark.parametrize(
    ("changes", "reason", "detail"),
    [
        ({"assets": (WETH, LINK)}, "NO_POOL", "no pool trades WETH/LINK"),
        ({"late": MAX_AGE + timedelta(seconds=1)}, "STALE_POOL", "snapshot is 61 s old"),
        (
            {"late": -MAX_AGE - timedelta(seconds=1)},
            "STALE_POOL",
            "the chain's clock is 61 s ahead of this machine's",
        ),
        ({"amount": Decimal(100_000)}, "INSUFFICIENT_LIQUIDITY", "no pool can acquire 100000 WETH"),
        (
            {"amount": Decimal(100_000), "intent_type": "dispose"},
            "INSUFFICIENT_LIQUIDITY",
            "no pool can dispose",
        ),
        (
            {"amount": Decimal("0.000000000000000001"), "intent_type": "dispose"},
            "AMOUNT_TOO_SMALL",
            "0.000000000000000001 WETH would guarantee nothing in return",
        ),
        ({"slippage": Decimal(1)}, "AMOUNT_TOO_SMALL", "1 WETH would guarantee nothing"),
    ],
)
def test_a_refusal_says_why(changes: dict[str, Any], reason: str, detail: str) -> None:
    rejected = outcome(**changes)
    assert (rejected.topic, rejected.reason) == ("plan.rejected", reason)
    assert rejected.detail.startswith(detail)


@pytest.mark.parametrize(("base", "quote", "missing"), [(WETH, USDC, "gas"), (USDC, LINK, "LINK")])
def test_costs_that_cannot_be_priced_are_refused(base: Any, quote: Any, missing: str) -> None:
    event = accepted(assets=(base, quote))
    known = read_market(MARKET, accepted().payload.intent)
    unpriced = replace(
        known,
        quote_usd=known.quote_usd if missing == "gas" else NoPrice(),
        native_usd=NoPrice() if missing == "gas" else known.native_usd,
    )
    (rejected,) = decide(event, unpriced, PLAN_LIMITS, NOW)
    assert rejected.payload.reason == "NO_PRICE"
    assert rejected.payload.detail == f"no fresh US dollar price of {missing}"


def test_a_stale_pool_beside_a_fresh_one_is_not_used() -> None:
    def age(pool: PoolSnapshot) -> PoolSnapshot:
        is_best = trades_usdc(pool) and pool.fee_pips == 500
        return pool.model_copy(update={"block_time": NOW - timedelta(hours=1)}) if is_best else pool

    snapshots = [age(pool.snapshot) for pool in MARKET.pools(WETH, USDC)]
    (step,) = outcome(market=PoolView(cache_of(snapshots), REGISTRY)).steps
    assert step.route.fee_pips == 3_000


def test_an_intent_whose_window_has_closed_expires() -> None:
    expired = outcome(late=timedelta(seconds=300))
    assert expired.topic == "intent.expired"


async def test_before_the_first_snapshot_the_planner_waits_and_then_refuses() -> None:
    empty = PoolView(cache_of([]), REGISTRY)
    with pytest.raises(MarketNotLoaded) as waiting:
        await plan_intent(accepted(), PlannerPorts(empty, PLAN_LIMITS, now=lambda: NOW))
    (rejected,) = reject_unpriced(accepted(), waiting.value, NOW)
    assert rejected.payload.reason == "NO_PRICE"


HALTED = StateInForce(TradingState.HALTED, EVERYTHING, "maintenance")


async def always_halted(_: object) -> Obstacle:
    return Obstacle(stop=HALTED)


async def always_cancelled(_: object) -> Obstacle:
    return Obstacle(Cancellation("01M7WD7TG0000XR6PNZRGBSDH7", "key-1", NOW), HALTED)


async def test_what_may_not_be_signed_waits_and_ends_as_cancelled_or_expired() -> None:
    """Given a halt, then an intent waits until it is lifted, unless its end comes before that."""
    event = accepted()
    halted = PlannerPorts(MARKET, PLAN_LIMITS, now=lambda: NOW, find_obstacle=always_halted)

    with pytest.raises(NotYet):
        await plan_intent(event, halted)
    (cancelled,) = await plan_intent(event, replace(halted, find_obstacle=always_cancelled))
    late = event.payload.expires_at
    (expired,) = await plan_intent(event, replace(halted, now=lambda: late))

    assert (cancelled.topic, expired.topic) == ("intent.cancelled", "intent.expired")
