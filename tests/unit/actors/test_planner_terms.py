"""A plan trades an instrument where, and at the fees, that the registry says."""

from decimal import Decimal
from typing import Any

from actors.planner.actors import plan_intent
from actors.planner.decide import decide
from actors.planner.ports import PlannerPorts
from actors.planner.quoting import read_market
from tests.support.factories import NOW, accepted, market_view, screened
from tests.support.limits import PLAN_LIMITS
from tradewind.contracts.envelope import Event
from tradewind.contracts.instruments.registry import InstrumentTerms
from tradewind.contracts.intents.payloads import IntentAccepted
from tradewind.contracts.plans.payloads import PlanCreated, PlanRejected
from tradewind.contracts.plans.reasons import PlanRejectionReason
from tradewind.trading.book.terms import accepted as accepted_of


def on_terms(**terms: Any) -> Event[IntentAccepted]:
    """Return what is accepted where the registry said so when it was screened."""
    before = screened(amount=Decimal("0.5"))
    inputs = before.payload.inputs.model_copy(update={"instrument": InstrumentTerms(**terms)})
    payload = accepted_of(before.payload.model_copy(update={"inputs": inputs}))
    event: Event[IntentAccepted] = accepted(amount=Decimal("0.5"))
    return event.model_copy(update={"payload": payload})


def planned(event: Event[IntentAccepted]) -> PlanCreated | PlanRejected:
    reading = read_market(market_view(), event.payload.intent)
    (decided,) = decide(event, reading, PLAN_LIMITS, NOW)
    assert isinstance(decided.payload, PlanCreated | PlanRejected)
    return decided.payload


def test_an_instrument_is_traded_at_its_fees_only() -> None:
    """Given the fee that is best, then it is used; given another one, then that."""
    free = planned(on_terms())
    assert isinstance(free, PlanCreated)
    fees = {
        pool.snapshot.fee_pips
        for pool in market_view().pools(free.steps[0].base, free.steps[0].quote)
    }
    assert len(fees) > 1
    for fee in sorted(fees):
        bound = planned(on_terms(fee_tiers=(fee,)))
        assert isinstance(bound, PlanCreated)
        route = bound.steps[0].route
        assert {leg.fee_pips for leg in route.legs} | {route.fee_pips} == {fee}


def test_no_pool_of_such_a_fee_is_no_pool() -> None:
    refused = planned(on_terms(fee_tiers=(1,)))
    assert isinstance(refused, PlanRejected)
    assert refused.reason is PlanRejectionReason.NO_POOL


def test_an_instrument_is_traded_on_its_venues_only() -> None:
    assert isinstance(planned(on_terms(venues=("simulated",))), PlanCreated)
    refused = planned(on_terms(venues=("uniswap_v3",)))
    assert isinstance(refused, PlanRejected)
    assert refused.reason is PlanRejectionReason.VENUE_NOT_ALLOWED
    assert "not simulated" in refused.detail


async def test_what_no_terms_bound_says_nothing_of_them() -> None:
    event = on_terms()
    assert b"venues" not in event.to_bytes()
    assert b"feeTiers" not in event.to_bytes()
    ports = PlannerPorts(market_view(), PLAN_LIMITS, lambda: NOW)
    (decided,) = await plan_intent(event, ports)
    assert isinstance(decided.payload, PlanCreated)
