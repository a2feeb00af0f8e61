"""A preview says what a submission at the same moment would lead to."""

import json
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.planner import preview as plan_preview
from actors.planner.actors import plan_intent
from actors.planner.ports import PlannerPorts
from actors.portfolio import preview as portfolio_preview
from actors.risk import preview as risk_preview
from actors.risk.actors import assess_intent
from actors.risk.ports import RiskPorts
from gateway.commands.preview import MAX_AT_ONCE, IntentPreview, IntentPreviewer
from gateway.errors import PreviewUnavailable
from tests.support.factories import (
    BLOCK_NUMBER,
    DAI,
    LINK,
    NOW,
    REGISTRY,
    USDC,
    WBTC,
    WETH,
    cache_of,
    intent,
    market_view,
    screened,
)
from tests.support.limits import PLAN_LIMITS, RISK_LIMITS
from tests.support.portfolio_stage import judged, portfolio_ports
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.intents.model import Intent
from tradewind.contracts.intents.preview import PortfolioAnswer, PortfolioPreview
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.contracts.streams import PLAN_PREVIEWS, PORTFOLIO_PREVIEWS, RISK_PREVIEWS
from tradewind.runtime.queries import NotAnswered, TooLate
from tradewind.trading.pricing.pools.pool_view import PoolView

MARKET = market_view()
PAIRS = [(WETH, USDC), (WETH, DAI), (WBTC, USDC), (WBTC, DAI), (WETH, LINK), (LINK, WETH)]
intents = st.builds(
    intent,
    intent_type=st.sampled_from(["acquire", "dispose"]),
    assets=st.sampled_from(PAIRS),
    amount=st.sampled_from(["0.0001", "0.02", "0.5", "1", "2", "3", "40", "300", "5000"]).map(
        Decimal
    ),
    slippage=st.sampled_from(["0", "0.001", "0.01", "0.05", "0.2"]).map(Decimal),
    strategy_id=st.sampled_from(["alpha", "demo-partial-fills"]),
)


ROOMS = {
    RISK_PREVIEWS: risk_preview,
    PORTFOLIO_PREVIEWS: portfolio_preview,
    PLAN_PREVIEWS: plan_preview,
}


class Roles:
    """Both stages of risk and the planner on one market and one clock; they publish nothing."""

    def __init__(self, market: PoolView = MARKET, now: datetime = NOW) -> None:
        async def keep(_: object) -> None:
            raise AssertionError("a preview keeps nothing")

        async def find(_: object) -> NoReturn:
            raise AssertionError("nobody asks for a cancellation of what nobody submitted")

        self.now = now
        limits = RISK_LIMITS.model_copy(update={"max_notional_usd": Decimal(2_000_000)})
        self.risk = RiskPorts(market, limits, lambda: self.now)
        self.portfolio = portfolio_ports(lambda: self.now)
        self.planner = PlannerPorts(market, PLAN_LIMITS, lambda: self.now)
        self.silent = {
            RISK_PREVIEWS: RiskPorts(market, limits, lambda: self.now, keep, find),
            PORTFOLIO_PREVIEWS: portfolio_ports(lambda: self.now, find),
            PLAN_PREVIEWS: PlannerPorts(market, PLAN_LIMITS, lambda: self.now, keep, find),
        }
        self.asked: list[str] = []

    async def ask(self, subject: str, question: bytes) -> bytes:
        self.asked.append(subject)
        ports: Any = self.silent[subject]
        room: Any = ROOMS[subject]
        return bytes(await room.answer(question, ports))

    async def preview(self, asked: Intent) -> IntentPreview:
        previewer = IntentPreviewer(REGISTRY, self, now=lambda: self.now)
        return await previewer.preview(previewer.draft(asked.model_dump_json().encode()))

    async def submit(self, asked: Intent) -> tuple[list[AnyEvent], list[AnyEvent]]:
        """Return what both stages decide about a submission, and what the planner then does."""
        drafted = IntentPreviewer(REGISTRY, self, now=lambda: self.now)
        submitted = drafted.draft(asked.model_dump_json().encode())
        risk = list(await assess_intent(submitted, self.risk))
        if risk[-1].topic != "risk.screened":
            return risk, []
        risk += await judged(risk[-1], self.portfolio)
        return risk, list(await plan_intent(risk[-1], self.planner))


@given(intents)
async def test_a_preview_is_what_a_submission_leads_to(asked: Intent) -> None:
    """Given the same pools, then verdict and numbers are those of the events."""
    roles = Roles()
    told = await roles.preview(asked)
    risk, planned = await roles.submit(asked)
    verdict = risk[0].payload
    if not planned:
        assert (told.risk.verdict, told.would_execute) == ("rejected", False)
        assert (told.portfolio, told.plan) == (None, None)
        assert (told.risk.reason, told.risk.detail) == (verdict.reason, verdict.detail)
        assert roles.asked == [RISK_PREVIEWS]
        return
    assert told.risk.verdict == "approved"
    assert told.portfolio == PortfolioPreview(verdict="approved")
    assert roles.asked == [RISK_PREVIEWS, PORTFOLIO_PREVIEWS, PLAN_PREVIEWS]
    assert told.risk.notional_usd == verdict.notional_usd
    assert told.risk.price_usd == verdict.price_usd
    assert told.risk.price_block_number == verdict.price_block_number
    assert told.risk.max_notional_usd == verdict.max_notional_usd
    assert told.risk.max_slippage == verdict.max_slippage_limit
    (end,) = planned
    plan = told.plan
    assert plan is not None
    if end.topic == "plan.rejected":
        assert (plan.verdict, told.would_execute) == ("rejected", False)
        assert (plan.reason, plan.detail) == (end.payload.reason, end.payload.detail)
        return
    (step,) = end.payload.steps
    assert (plan.verdict, told.would_execute) == ("planned", True)
    assert (plan.route, plan.venue) == (step.route, step.venue)
    assert (plan.amount_in, plan.min_out) == (step.amount_in, step.min_out)
    assert plan.expected_out == step.route.amount_out
    assert plan.gas_estimate == step.route.gas_estimate
    assert plan.estimated_cost_usd == end.payload.plan.estimated_cost
    assert plan.block_number == BLOCK_NUMBER
    assert plan.block_time == NOW
    assert plan.price_impact is not None
    assert 0 < plan.price_impact < 1


async def test_ages_count_from_the_pools_and_never_from_the_question() -> None:
    roles = Roles(now=NOW + timedelta(milliseconds=12_345))
    told = await roles.preview(intent())
    assert told.plan is not None
    assert told.plan.age_seconds == told.risk.price_age_seconds == Decimal("12.345")


async def test_a_larger_amount_has_a_larger_price_impact() -> None:
    roles = Roles()
    small, large = [
        (await roles.preview(intent(intent_type="dispose", amount=Decimal(amount)))).plan
        for amount in (1, 300)
    ]
    assert small is not None
    assert large is not None
    assert small.price_impact is not None
    assert large.price_impact is not None
    assert small.price_impact < large.price_impact


async def test_gas_costs_what_the_chain_says_and_nothing_is_said_without_a_chain() -> None:
    told = await Roles().preview(intent())
    assert told.plan is not None
    assert told.plan.gas_cost_wei is None


async def test_nobody_who_answers_and_no_market_are_no_verdict() -> None:
    roles = Roles(PoolView(cache_of([]), REGISTRY))
    with pytest.raises(PreviewUnavailable):
        await roles.preview(intent())

    class Nobody:
        async def ask(self, subject: str, _: bytes) -> bytes:
            raise NotAnswered(subject)

    class Garbage:
        async def ask(self, _: str, __: bytes) -> bytes:
            return json.dumps({"preview": {"verdict": "perhaps"}}).encode()

    for asker in (Nobody(), Garbage()):
        previewer = IntentPreviewer(REGISTRY, asker, now=lambda: NOW)
        with pytest.raises(PreviewUnavailable):
            await previewer.preview(previewer.draft(intent().model_dump_json().encode()))


async def test_nobody_plans_what_its_portfolio_refuses() -> None:
    refused = PortfolioPreview(
        verdict="rejected",
        reason=RiskRejectionReason.OPEN_INTENTS_LIMIT,
        detail="3 intents are open, and 3 may be",
    )

    class Full(Roles):
        async def ask(self, subject: str, question: bytes) -> bytes:
            answered = await super().ask(subject, question)
            if subject != PORTFOLIO_PREVIEWS:
                return answered
            return PortfolioAnswer(preview=refused).model_dump_json().encode()

    roles = Full()
    told = await roles.preview(intent())
    assert (told.would_execute, told.portfolio, told.plan) == (False, refused, None)
    assert told.risk.verdict == "approved"
    assert roles.asked == [RISK_PREVIEWS, PORTFOLIO_PREVIEWS]


async def test_an_intent_that_expires_between_the_stages_has_no_preview() -> None:
    late = portfolio_ports(lambda: NOW + timedelta(days=1))
    with pytest.raises(TooLate):
        await portfolio_preview.answer(screened().to_bytes(), late)


async def test_only_so_many_are_asked_at_once() -> None:
    roles = Roles()
    previewer = IntentPreviewer(REGISTRY, roles, now=lambda: NOW)
    draft = previewer.draft(intent().model_dump_json().encode())
    for _ in range(MAX_AT_ONCE):
        await previewer._free.acquire()
    with pytest.raises(PreviewUnavailable):
        await previewer.preview(draft)
    previewer._free.release()
    assert (await previewer.preview(draft)).would_execute
