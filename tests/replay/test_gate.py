"""The gate fails when a decision changes, says why, and never guesses."""

import dataclasses
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from actors.planner import ports as planner_ports
from actors.planner import quoting
from actors.planner.settings import PlannerSettings
from actors.portfolio import decide as portfolio_decide
from actors.risk import decide as risk_decide
from actors.risk import ports as risk_ports
from actors.risk.settings import RiskSettings
from research.redecide.__main__ import NothingDecided
from research.redecide.rerun import TodaysSettings
from tests.support.recorded import Findings, MemorySource, events_of, run_again
from tradewind.contracts.envelope import AnyEvent, parse_event
from tradewind.contracts.inputs import OBSERVATION_PREFIX, references_of
from tradewind.contracts.instruments.payloads import MarketObserved, PoolObserved
from tradewind.contracts.intents.payloads import IntentAccepted, IntentSubmitted
from tradewind.contracts.plans.payloads import PlanCreated, PlanRejected
from tradewind.contracts.risk.limits import PortfolioLimits
from tradewind.contracts.risk.payloads import RiskApproved
from tradewind.contracts.risk.policy import PolicyDocument, PortfolioPolicy
from tradewind.contracts.roles import Role
from tradewind.trading.cores import costs, plan_swap, worth
from tradewind.trading.policy.risk_policy import RiskPolicy
from tradewind.trading.pricing.pools import usd_price
from tradewind.trading.tokens import TokenRegistry, load_tokens

HIGHEST = Decimal(100_000_000)
TODAY = TodaysSettings(
    {
        Role.RISK: risk_ports.limits_of(RiskSettings(max_notional_usd=HIGHEST)),
        Role.PORTFOLIO: PortfolioLimits(),
        Role.PLANNER: planner_ports.limits_of(PlannerSettings(max_notional_usd=HIGHEST)),
    },
    load_tokens(),
)
OLD_EVENTS = Path(__file__).parents[1] / "unit/contracts/recorded_events.jsonl"


def todays(**changes: Any) -> TodaysSettings:
    """Return the settings the paper histories were recorded with, with other limits of risk."""
    limits = TODAY.limits[Role.RISK].model_copy(update=changes)
    return dataclasses.replace(TODAY, limits={**TODAY.limits, Role.RISK: limits})


def told(findings: Findings) -> list[tuple[str, list[str], str]]:
    """Return of each difference what was said, what would be, and why."""
    return [
        (
            one.decision.recorded[0].topic,
            [str(event.get("reason", event.get("error", event.get("topic")))) for event in one.now],
            one.reason,
        )
        for one in findings.differences
    ]


async def test_a_lower_limit_of_today_refuses_what_was_approved() -> None:
    findings = await run_again("paper_acquire", todays(max_notional_usd=Decimal(1_000)))
    assert told(findings) == [
        (
            "risk.approved",
            ["NOTIONAL_LIMIT"],
            "settings: max_notional_usd was 100000000, is 1000",
        )
    ]
    assert (findings.counts.same, findings.counts.different) == (1, 1)


async def test_a_higher_limit_of_today_lets_through_what_was_refused() -> None:
    findings = await run_again("risk_slippage_limit", todays(max_slippage=Decimal("0.3")))
    ((_, now, reason),) = told(findings)
    assert now == ["risk.approved", "intent.accepted"]
    assert reason == "settings: max_slippage was 0.05, is 0.3"


async def test_another_price_impact_of_today_bounds_plans_otherwise() -> None:
    findings = await run_again("plan_price_impact", todays(max_price_impact=Decimal("0.01")))
    assert told(findings) == [
        (
            "risk.approved",
            ["risk.approved", "intent.accepted"],
            "settings: max_price_impact was 0.05, is 0.01",
        )
    ]


async def test_what_was_decided_before_prices_were_compared_is_decided_as_then() -> None:
    """No limit of today that did not exist then is held against it."""
    findings = await run_again("paper_acquire", TODAY)
    assert findings.differences == []
    assert findings.counts.same == 2
    priced_by_one_pool = events_of("paper_acquire", lambda one: one.topic == "intent.accepted")
    assert priced_by_one_pool[0].payload.max_amount_in is None


async def test_the_recorded_settings_leave_only_the_code_to_differ() -> None:
    assert (await run_again("paper_acquire")).differences == []


async def test_a_limit_that_changes_nothing_is_no_difference() -> None:
    findings = await run_again("risk_notional_limit", todays(max_slippage=Decimal("0.04")))
    assert findings.differences == []


async def test_tokens_of_today_are_settings_too() -> None:
    tokens = tuple(one for one in TODAY.registry.tokens if one.symbol != "WETH")
    findings = await run_again(
        "paper_acquire", dataclasses.replace(TODAY, registry=TokenRegistry(tokens))
    )
    assert [(now, "tokens" in reason) for _, now, reason in told(findings)] == [
        (["PRICE_UNAVAILABLE"], True),
        (["NO_PRICE"], True),
    ]


def _wrong_notional(intent: Any, price: Decimal) -> Decimal:
    return price


def _no_minimum(amount: int, max_slippage: Decimal, rounded: object) -> int:
    return amount - 1


@pytest.mark.parametrize(
    ("module", "name", "value", "history", "topic"),
    [
        (risk_decide, "notional_usd", _wrong_notional, "paper_acquire", "risk.approved"),
        (worth, "MAX_PRIORITY", 9, "plan_insufficient_liquidity", "risk.approved"),
        (plan_swap, "minimum_after_slippage", _no_minimum, "chain_dispose", "plan.created"),
        (costs, "COST_STEP", Decimal("0.1"), "chain_two_hop", "plan.created"),
        (quoting, "is_fresh", lambda *_: False, "paper_split", "plan.created"),
        (usd_price, "PRICE_DIGITS", 6, "chain_acquire", "risk.approved"),
    ],
)
async def test_a_changed_decision_fails_the_gate(
    module: Any,
    name: str,
    value: object,
    history: str,
    topic: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, name, value)
    findings = await run_again(history)
    assert (topic, "code") in [(content_of, reason) for content_of, _, reason in told(findings)]


async def test_code_that_fails_now_is_a_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(risk_decide, "priority_of", broken)
    ((_, now, reason),) = told(await run_again("paper_acquire", TODAY))
    assert now == ["ZeroDivisionError: oops"]
    assert reason == "code: by the recorded settings it would differ too"


def _without(kind: type[Any]) -> Callable[[AnyEvent], bool]:
    return lambda event: not isinstance(event.payload, kind)


@pytest.mark.parametrize("kind", [MarketObserved, PoolObserved])
async def test_a_market_that_is_missing_is_not_guessed(kind: type[Any]) -> None:
    findings = await run_again(MemorySource(events_of("paper_acquire", _without(kind))))
    assert set(findings.reasons) == {"the market it was decided on is not in this history"}
    assert findings.counts.rerun == 0


async def test_a_market_that_was_altered_is_not_used() -> None:
    events = [_poorer(event) for event in events_of("paper_acquire")]
    findings = await run_again(MemorySource(events))
    assert set(findings.reasons) == {"the market it was decided on is not what its name says"}


def _poorer(event: AnyEvent) -> AnyEvent:
    if not isinstance(event.payload, PoolObserved):
        return event
    payload = event.payload.model_copy(update={"ticks": event.payload.ticks[:-1]})
    return event.model_copy(update={"payload": payload})


async def test_what_was_recorded_before_inputs_were_is_not_guessed() -> None:
    events = [parse_event(line) for line in OLD_EVENTS.read_bytes().splitlines()]
    findings = await run_again(MemorySource(events))
    assert set(findings.reasons) == {"recorded without what it was decided on"}


@pytest.mark.parametrize("last", [IntentSubmitted, RiskApproved, IntentAccepted])
async def test_a_decision_the_history_ends_before_is_told(last: type[Any]) -> None:
    events = events_of("paper_acquire")
    (end,) = (place for place, event in enumerate(events) if isinstance(event.payload, last))
    observations = events_of("paper_acquire", _is_observation)
    findings = await run_again(MemorySource(events[: end + 1] + observations))
    assert findings.reasons == ["the history ends before the decision"]


async def test_a_market_too_large_to_be_kept_is_told() -> None:
    events = [_unkept(event) for event in events_of("paper_acquire")]
    findings = await run_again(MemorySource(events))
    assert findings.reasons == ["its market was too large to be kept"] * 2


def _unkept(event: AnyEvent) -> AnyEvent:
    if not isinstance(event.payload, RiskApproved | PlanCreated):
        return event
    assert event.payload.inputs is not None
    inputs = event.payload.inputs.model_copy(update={"market": None})
    return event.model_copy(update={"payload": event.payload.model_copy(update={"inputs": inputs})})


async def test_a_source_without_decisions_is_an_error() -> None:
    with pytest.raises(NothingDecided):
        await run_again(MemorySource(events_of("paper_acquire", _is_observation)))


def _is_observation(event: AnyEvent) -> bool:
    return event.correlation_id.startswith(OBSERVATION_PREFIX)


async def test_what_decisions_refer_to_is_in_the_file_once() -> None:
    events = events_of("plan_stale_pool")
    observed = [event.correlation_id for event in events if _is_observation(event)]
    referred = {one for event in events for one in references_of(event.payload)}
    assert sorted(observed) == sorted(referred)
    assert any(isinstance(event.payload, PlanRejected) for event in events)


def _policy(**limits: Any) -> RiskPolicy:
    return RiskPolicy(PolicyDocument(portfolios={"limited": PortfolioPolicy(**limits)}))


async def test_another_policy_shows_exactly_the_intents_that_flip() -> None:
    """Given one that was refused and one that was approved, then a policy flips one of them."""
    refused, approved = "staged_portfolio_daily_budget", "staged_portfolio_within_limits"
    looser = dataclasses.replace(TODAY, policy=_policy(daily_budget_usd=Decimal(100_000)))
    tighter = dataclasses.replace(TODAY, policy=_policy(daily_budget_usd=Decimal(1)))
    ((topic, now, reason),) = told(await run_again(refused, looser))
    assert (topic, now) == ("risk.rejected", ["risk.approved", "intent.accepted"])
    assert reason.startswith("limits: ")
    assert "daily_budget_usd was 1000, is 100000" in reason
    assert told(await run_again(approved, looser)) == []
    assert told(await run_again(refused, tighter)) == []
    ((topic, now, _),) = told(await run_again(approved, tighter))
    assert (topic, now) == ("risk.approved", ["DAILY_BUDGET"])


async def test_a_lower_threshold_shows_the_intents_that_would_have_waited() -> None:
    """Given one nobody was asked about, and one somebody was, then a policy flips each of them."""
    lower = PolicyDocument(portfolios={"limited": PortfolioPolicy(approval_above_usd=Decimal(1))})
    waits = dataclasses.replace(TODAY, policy=RiskPolicy(lower))
    ((topic, now, reason),) = told(await run_again("staged_portfolio_within_limits", waits))
    assert (topic, now) == ("risk.approved", ["risk.approval_required"])
    assert "approval_above_usd was None, is 1" in reason
    nobody = dataclasses.replace(TODAY, policy=RiskPolicy())
    ((topic, now, _),) = told(await run_again("staged_approval_given", nobody))
    assert (topic, now) == ("risk.approval_required", ["risk.approved", "intent.accepted"])


@pytest.mark.parametrize("name", ["staged_approval_given", "staged_approval_denied"])
async def test_what_ended_a_wait_is_decided_again(name: str) -> None:
    findings = await run_again(name)
    assert (findings.differences, findings.reasons) == ([], [])
    assert findings.counts.same == (4 if "given" in name else 3)


async def test_both_stages_are_decided_again_on_what_they_recorded() -> None:
    findings = await run_again("staged_portfolio_within_limits")
    assert (findings.differences, findings.reasons) == ([], [])
    assert findings.counts.same == 3


async def test_a_changed_rule_of_the_portfolio_fails_the_gate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(portfolio_decide, "RULES", ())
    ((topic, now, reason),) = told(await run_again("staged_portfolio_daily_budget"))
    assert (topic, now) == ("risk.rejected", ["risk.approved", "intent.accepted"])
    assert reason == "code"
