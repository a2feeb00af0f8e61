"""Risk's verdicts."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.risk.actors import assess_intent
from actors.risk.decide import decide, reject_unpriced
from actors.risk.ports import RiskPorts
from actors.risk.screening import Prices, notional_usd
from tests.support.factories import (
    LINK,
    NOW,
    REGISTRY,
    USDC,
    cache_of,
    intent,
    market_view,
    submitted,
)
from tests.support.limits import RISK_LIMITS
from tradewind.trading.cores.worth import priority_of
from tradewind.trading.pricing.pools.pool_view import MarketNotLoaded, PoolView
from tradewind.trading.pricing.pools.price_quote import NoPrice, PriceQuote

PRICE = PriceQuote(Decimal(2_500), 17, NOW)
money = st.decimals(Decimal("0.000001"), Decimal(10_000), places=6)


DOLLAR = PriceQuote(Decimal(1), 17, NOW)


def decided(
    price: PriceQuote | NoPrice = PRICE, quote: PriceQuote | NoPrice = DOLLAR, **changes: Any
) -> list[Any]:
    events = decide(submitted(**changes), Prices(price, quote), RISK_LIMITS, NOW)
    return [event.payload for event in events]


def verdict(price: PriceQuote | NoPrice = PRICE, **changes: Any) -> Any:
    return decided(price, **changes)[0]


async def test_an_intent_within_the_limits_is_screened() -> None:
    event = submitted()

    (screened,) = await assess_intent(event, RiskPorts(market_view(), RISK_LIMITS, now=lambda: NOW))

    assert (screened.topic, screened.sequence) == ("risk.screened", 2)
    assert screened.causation_id == event.event_id
    assert screened.payload.intent == event.payload.intent
    assert screened.payload.expires_at == event.payload.expires_at
    assert Decimal(2_900) < screened.payload.price_usd < Decimal(3_100)
    assert Decimal("0.99") < screened.payload.quote_price_usd < Decimal("1.01")
    assert screened.payload.inputs.limits == RISK_LIMITS


def test_what_may_be_paid_is_what_it_is_worth_and_five_percent() -> None:
    (screened,) = decided(amount=Decimal(2))
    assert (screened.max_amount_in, screened.min_amount_out) == (5_250 * 10**6, None)
    (screened,) = decided(quote=DOLLAR._replace(price_usd=Decimal(2)), amount=Decimal(2))
    assert screened.max_amount_in == 2_625 * 10**6


def test_what_is_paid_never_exceeds_the_limit_of_notional() -> None:
    (screened,) = decided(amount=Decimal(4))
    assert screened.max_amount_in == 10_000 * 10**6
    (screened,) = decided(quote=DOLLAR._replace(price_usd=Decimal(3)), amount=Decimal(4))
    assert screened.max_amount_in == 3_333_333_333


def test_what_is_sold_must_yield_what_it_is_worth_less_five_percent() -> None:
    (screened,) = decided(intent_type="dispose", amount=Decimal(2))
    assert (screened.max_amount_in, screened.min_amount_out) == (2 * 10**18, 4_750 * 10**6)


@given(st.decimals(Decimal("0.000000000000000001"), Decimal(3), places=18), money)
def test_bounds_are_rounded_in_the_owners_favour(amount: Decimal, price: Decimal) -> None:
    if amount == 0:
        return
    quoted, amount = PRICE._replace(price_usd=price), amount.normalize()
    worth = amount * price * 10**6
    if verdict(quoted, amount=amount).topic == "risk.rejected":
        return
    (bought,) = decided(quoted, amount=amount)
    assert bought.max_amount_in is not None
    assert bought.max_amount_in < worth * Decimal("1.05") + 1
    (sold,) = decided(quoted, amount=amount, intent_type="dispose")
    assert sold.min_amount_out is not None
    assert sold.min_amount_out >= worth * Decimal("0.95")


def test_nothing_may_be_paid_in_a_token_without_a_pool() -> None:
    (screened,) = decided(quote=NoPrice(), amount=Decimal(2))
    assert (screened.max_amount_in, screened.min_amount_out) == (0, None)


def test_pools_that_disagree_are_told_of_either_token() -> None:
    why = NoPrice("pools disagree")
    for refused in (verdict(why), decided(quote=why)[0]):
        assert refused.reason == "PRICE_UNAVAILABLE"
        assert refused.detail.endswith("pools disagree")
    assert "of USDC: " in decided(quote=why)[0].detail


def test_limits_of_before_set_no_bounds() -> None:
    before = RISK_LIMITS.model_copy(update={"max_price_impact": None, "price_limits": None})
    (screened,) = decide(submitted(), Prices(PRICE, DOLLAR), before, NOW)
    assert "maxAmountIn" not in screened.payload.model_dump_json()
    assert "priceLimits" not in before.model_dump_json()


async def test_handling_the_same_message_again_gives_the_same_ids() -> None:
    ports = RiskPorts(market_view(), RISK_LIMITS, now=lambda: NOW)
    again = RiskPorts(market_view(), RISK_LIMITS, now=lambda: NOW + timedelta(seconds=5))
    first = await assess_intent(submitted(), ports)
    second = await assess_intent(submitted(), again)
    assert [event.event_id for event in first] == [event.event_id for event in second]


@pytest.mark.parametrize(
    ("changes", "reason", "detail"),
    [
        (
            {"amount": Decimal("4.000001")},
            "NOTIONAL_LIMIT",
            "notional 10000.002500 USD exceeds 10000 USD",
        ),
        ({"slippage": Decimal("0.0501")}, "SLIPPAGE_LIMIT", "max_slippage 0.0501 exceeds 0.05"),
        ({"amount": Decimal(5), "slippage": Decimal(1)}, "NOTIONAL_LIMIT", "notional"),
        ({"price": NoPrice()}, "PRICE_UNAVAILABLE", "no fresh US dollar price of WETH"),
        ({"price": NoPrice(), "slippage": Decimal(1)}, "SLIPPAGE_LIMIT", "max_slippage 1 exceeds"),
        (
            {"price": PRICE._replace(block_time=NOW - timedelta(seconds=301))},
            "PRICE_UNAVAILABLE",
            "no fresh",
        ),
        (
            {"price": PRICE._replace(block_time=NOW + timedelta(seconds=301))},
            "PRICE_UNAVAILABLE",
            "no fresh US dollar price of WETH: the chain's clock is 301 s ahead of this machine's",
        ),
    ],
)
def test_a_refusal_says_why(changes: dict[str, Any], reason: str, detail: str) -> None:
    refused = verdict(**changes)
    assert (refused.topic, refused.reason) == ("risk.rejected", reason)
    assert refused.detail.startswith(detail)


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": Decimal(4)},
        {"slippage": Decimal("0.05")},
        {"price": PRICE._replace(block_time=NOW - timedelta(seconds=300))},
    ],
)
def test_a_limit_includes_its_value(changes: dict[str, Any]) -> None:
    assert verdict(**changes).topic == "risk.screened"


async def test_a_token_without_a_pool_has_no_price() -> None:
    ports = RiskPorts(market_view(), RISK_LIMITS, now=lambda: NOW)
    (rejected,) = await assess_intent(submitted(assets=(LINK, USDC)), ports)
    assert rejected.payload.reason == "PRICE_UNAVAILABLE"


@pytest.mark.parametrize("late", [timedelta(0), timedelta(days=9)])
def test_an_intent_whose_window_has_closed_expires(late: timedelta) -> None:
    event = submitted()
    (expired,) = decide(event, Prices(PRICE, DOLLAR), RISK_LIMITS, event.payload.expires_at + late)
    assert expired.topic == "intent.expired"
    assert expired.payload.expires_at == event.payload.expires_at


async def test_before_the_first_snapshot_risk_waits_and_then_refuses() -> None:
    empty = PoolView(cache_of([]), REGISTRY)
    with pytest.raises(MarketNotLoaded) as waiting:
        await assess_intent(submitted(), RiskPorts(empty, RISK_LIMITS, now=lambda: NOW))
    (rejected,) = reject_unpriced(submitted(), waiting.value, NOW)
    assert rejected.payload.reason == "PRICE_UNAVAILABLE"


@given(money, money)
def test_notional_is_never_below_the_exact_value(amount: Decimal, price: Decimal) -> None:
    notional = notional_usd(intent(amount=amount), price)
    assert amount * price <= notional < amount * price + Decimal("0.000001")


@given(money)
def test_a_huge_intent_is_refused_and_not_a_crash(price: Decimal) -> None:
    huge = Decimal(2**128 - 1).scaleb(-18)
    refused = verdict(amount=huge, price=PRICE._replace(price_usd=price * 10**12))
    assert refused.reason == "NOTIONAL_LIMIT"


@given(money, money)
def test_priority_rises_with_notional_from_one_to_five(smaller: Decimal, larger: Decimal) -> None:
    limit = Decimal(10_000)
    low, high = sorted((smaller, larger))
    assert 1 <= priority_of(low, limit) <= priority_of(high, limit) <= 5


@pytest.mark.parametrize(
    ("notional", "priority"), [("0", 1), ("2000", 1), ("2000.000001", 2), ("10000", 5)]
)
def test_priority_has_one_level_per_fifth_of_the_limit(notional: str, priority: int) -> None:
    assert priority_of(Decimal(notional), Decimal(10_000)) == priority
