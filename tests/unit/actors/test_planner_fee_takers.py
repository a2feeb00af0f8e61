"""No plan uses a token of which a transfer delivers less than was sent."""

from decimal import Decimal

import pytest

from actors.planner.actors import plan_intent
from actors.planner.ports import PlannerPorts
from tests.support.factories import (
    DAI,
    LINK,
    NOW,
    REGISTRY,
    USDC,
    WBTC,
    WETH,
    accepted,
    market_view,
)
from tests.support.limits import PLAN_LIMITS
from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.plans.payloads import PlanCreated, PlanRejected
from tradewind.contracts.plans.reasons import PlanRejectionReason
from tradewind.trading.pricing.pools.pool_view import PoolView
from tradewind.trading.tokens import TokenRegistry


def flagged(*tokens: Asset) -> PoolView:
    """Return the market with a registry in which these tokens take a fee."""
    symbols = {token.symbol for token in tokens}
    return market_view().with_registry(
        TokenRegistry(
            token.model_copy(update={"fee_on_transfer": token.symbol in symbols})
            for token in REGISTRY.tokens
        )
    )


async def planned(market: PoolView, base: Asset, quote: Asset) -> PlanCreated | PlanRejected:
    event = accepted(assets=(base, quote), amount=Decimal("0.01"))
    (decided,) = await plan_intent(event, PlannerPorts(market, PLAN_LIMITS, lambda: NOW))
    assert isinstance(decided.payload, PlanCreated | PlanRejected)
    return decided.payload


@pytest.mark.parametrize("taker", [WETH, USDC], ids=lambda token: token.symbol)
async def test_an_intent_for_such_a_token_is_refused_by_name(taker: Asset) -> None:
    refused = await planned(flagged(taker), WETH, USDC)
    assert isinstance(refused, PlanRejected)
    assert refused.reason is PlanRejectionReason.FEE_ON_TRANSFER
    assert taker.symbol in refused.detail


async def test_both_are_named_where_both_take_one() -> None:
    refused = await planned(flagged(WETH, USDC), WETH, USDC)
    assert isinstance(refused, PlanRejected)
    assert "WETH and of USDC" in refused.detail


async def test_no_route_leads_over_such_a_token() -> None:
    """Given a pair that only a third token connects, then that one must not take a fee either."""
    assert isinstance(await planned(market_view(), WBTC, DAI), PlanCreated)
    refused = await planned(flagged(WETH, USDC), WBTC, DAI)
    assert isinstance(refused, PlanRejected)
    assert refused.reason is PlanRejectionReason.NO_POOL


async def test_tokens_of_others_do_not_matter() -> None:
    assert isinstance(await planned(flagged(LINK), WETH, USDC), PlanCreated)
