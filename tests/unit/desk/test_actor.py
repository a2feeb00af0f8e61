"""The desk's actor: whom it asks, what it emits, and that its conclusions can be drawn again."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from actors.desk.actors import conclude_signal
from actors.desk.decider import DECIDER
from actors.desk.ports import DeskPorts, untraded_by
from research.redecide.decisions import DecisionReader
from research.redecide.markets import RecordedMarkets
from research.redecide.rerun import Difference, ReRunner, TodaysSettings
from tests.support.factories import NOW, REGISTRY
from tests.support.recorded import MemorySource
from tests.support.signals import evaluated, evaluated_history, policy, vote
from tradewind.contracts.decisions.model import DecisionStatus, Verdict
from tradewind.contracts.decisions.payloads import DecisionConcluded
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.ids import derive_ulid
from tradewind.contracts.intents.payloads import IntentSubmitted
from tradewind.contracts.risk.approvals import ApprovalAnswer, ApprovalVerdict
from tradewind.contracts.roles import Role
from tradewind.contracts.wire import Document
from tradewind.errors import NotYet
from tradewind.trading.pricing.swap.python_router import PythonRouter
from tradewind.trading.signal_approvals.records import SignalWait
from tradewind.trading.signal_policy.model import Policy, SignalPolicies, Source
from tradewind.trading.submission.events import submission_of, submitted_event
from tradewind.trading.submission.portfolios import parse_strategy_portfolios
from tradewind.trading.tokens import TokenRegistry, load_tokens

AT = NOW + timedelta(seconds=2)


def policies(mode: str = "auto", **changes: Any) -> SignalPolicies:
    found = policy(mode, **changes)
    source = Source(strategy_id="research", mode=found.mode, policy="default")
    return SignalPolicies(sources={"research": source}, policies={"default": found.policy})


def ports(mode: str = "auto", now: datetime = AT, **changes: Any) -> DeskPorts:
    return DeskPorts(policies(mode, **changes), lambda: now)


class Person:
    """Answers a signal when it is told to, and remembers what it was asked."""

    def __init__(self, answer: ApprovalVerdict | None = None) -> None:
        self.answer = answer
        self.asked: list[tuple[SignalWait, bool]] = []

    async def __call__(self, wait: SignalWait, *, is_over: bool) -> ApprovalAnswer | None:
        self.asked.append((wait, is_over))
        if self.answer is None:
            return None
        return ApprovalAnswer(
            approval_id=wait.signal_id, verdict=self.answer, answered_by="p", answered_at=AT
        )


async def test_the_intent_is_the_gateways_and_comes_before_the_end() -> None:
    event = evaluated(vote(80))
    given = replace(ports(), portfolios=parse_strategy_portfolios("res*=fund"))
    submitted, concluded = await conclude_signal(event, given)
    assert isinstance(submitted.payload, IntentSubmitted)
    assert isinstance(concluded.payload, DecisionConcluded)
    intent_id = derive_ulid(event.payload.signal_id, "intent")
    as_the_gateway = submitted_event(
        submission_of(submitted.payload.intent, intent_id, AT),
        producer="gateway",
        at=AT,
        portfolios=given.portfolios,
    )
    caused = as_the_gateway.model_copy(
        update={"producer": Role.DESK.value, "causation_id": event.event_id}
    )
    assert submitted.to_bytes() == caused.to_bytes()
    assert (submitted.correlation_id, submitted.sequence) == (f"intent-{intent_id}", 1)
    assert (submitted.key.portfolio, concluded.key.portfolio) == ("fund", "research")
    assert (concluded.correlation_id, concluded.causation_id) == (
        event.correlation_id,
        event.event_id,
    )
    assert concluded.sequence == event.sequence + 1


async def test_a_person_is_asked_only_about_what_would_be_submitted() -> None:
    person = Person()
    asking = replace(ports("approve"), find_answer=person)
    (ignored,) = await conclude_signal(evaluated(vote(10)), asking)
    assert (ignored.payload.outcome, person.asked) == ("ignored", [])
    event = evaluated(vote(80))
    with pytest.raises(NotYet):
        await conclude_signal(event, asking)
    ((wait, is_over),) = person.asked
    assert (wait.event, is_over) == (event, False)
    assert (wait.numbers.amount, wait.numbers.score) == (Decimal(2), Decimal("0.8"))
    assert wait.expires_at == event.timestamp + timedelta(seconds=240)
    person.answer = ApprovalVerdict.DENIED
    (declined,) = await conclude_signal(event, asking)
    assert declined.payload.outcome == "declined"
    person.answer = ApprovalVerdict.APPROVED
    assert [one.topic for one in await conclude_signal(event, asking)] == [
        *("intent.submitted", "decision.concluded")
    ]


async def test_a_wait_is_closed_before_its_end_is_concluded() -> None:
    """Given an answer that came in the moment in which time was over, then the answer counts."""
    event, person = evaluated(vote(80)), Person()
    late = replace(ports("approve", NOW + timedelta(seconds=250)), find_answer=person)
    (expired,) = await conclude_signal(event, late)
    assert (expired.payload.outcome, expired.payload.reason) == ("expired", "approval_timed_out")
    assert [is_over for _, is_over in person.asked] == [True]
    person.answer = ApprovalVerdict.APPROVED
    assert len(await conclude_signal(event, late)) == 2


async def test_tokens_that_are_traded_no_longer_are_said() -> None:
    known = replace(ports(), find_untraded=untraded_by(REGISTRY))
    assert len(await conclude_signal(evaluated(vote(80)), known)) == 2
    without = TokenRegistry(one for one in load_tokens().tokens if one.symbol != "WETH")
    lacking = replace(ports(), find_untraded=untraded_by(without))
    (concluded,) = await conclude_signal(evaluated(vote(80)), lacking)
    assert concluded.payload.reason == "token_not_traded"
    assert concluded.payload.detail == "assets[0].address: is not a token this platform trades"


async def recorded() -> list[AnyEvent]:
    """Return histories of many kinds, each with what the desk concluded."""
    numbers, events = count(1), list[AnyEvent]()
    person = Person(ApprovalVerdict.APPROVED)
    without = TokenRegistry(one for one in load_tokens().tokens if one.symbol != "USDC")
    situations = [
        *(ports(mode) for mode in ("observe", "auto")),
        *(ports("auto", NOW + timedelta(seconds=age)) for age in (296, 301)),
        replace(ports("approve"), find_answer=person),
        replace(ports("approve"), find_answer=Person(ApprovalVerdict.DENIED)),
        replace(ports("approve", NOW + timedelta(seconds=290)), find_answer=Person()),
        replace(ports(), find_untraded=untraded_by(without)),
        ports(threshold=Decimal("0.2"), other_weight=Decimal("0.3")),
    ]
    ballots = [
        [vote(80)],
        [vote(80), vote(70, Verdict.IGNORE, "b")],
        [vote(0, status=DecisionStatus.REFUSED)],
        [],
    ]
    for direction in ("long", "short"):
        for given in situations:
            for votes in ballots:
                history = evaluated_history(*votes, number=next(numbers), direction=direction)
                decided = await conclude_signal(history[-1], given)
                events += [*history, *decided]
    return events


async def differences(
    events: list[AnyEvent], todays: SignalPolicies | None = None
) -> tuple[int, list[Difference]]:
    """Return how many conclusions were drawn again, and those that differ."""
    limits: dict[str, Document] = {} if todays is None else {Role.DESK: todays}
    settings = None if todays is None else TodaysSettings(limits, load_tokens())
    rerunner = ReRunner(RecordedMarkets(MemorySource(events), PythonRouter()), settings)
    found = [await rerunner.run(one) for one in DecisionReader({Role.DESK: DECIDER}).take(events)]
    return len(found), [one for one in found if one is not None]


async def test_conclusions_are_drawn_again_from_events_alone() -> None:
    events = await recorded()
    concluded = [one for one in events if isinstance(one.payload, DecisionConcluded)]
    assert len({(one.payload.outcome, one.payload.reason) for one in concluded}) > 8
    assert await differences(events) == (len(concluded), [])


async def test_another_policy_tells_what_it_would_have_concluded() -> None:
    history = evaluated_history(vote(80))
    events = [*history, *await conclude_signal(history[-1], ports())]
    again, (difference,) = await differences(events, policies(threshold=Decimal("0.9")))
    assert (again, difference.now[0]["outcome"]) == (1, "ignored")
    assert difference.reason.startswith("settings: policy was")
    assert await differences(events, policies()) == (1, [])


def test_the_decider_knows_todays_policies() -> None:
    assert isinstance(DECIDER.todays_limits(), SignalPolicies)
    assert Policy() == Policy.model_validate({}, strict=False)
