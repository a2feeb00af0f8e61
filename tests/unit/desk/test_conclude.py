"""What the desk concludes: who counts, what is followed, how much, until when."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.desk.conclude import Reason, conclude, intent_id_of
from tests.support.factories import NOW
from tests.support.signals import MID, evaluated, features, policy, vote
from tradewind.contracts.decisions.model import DecisionStatus, ModelRole, Verdict, Vote
from tradewind.contracts.decisions.payloads import DecisionConcluded, Outcome
from tradewind.contracts.ids import derive_ulid
from tradewind.contracts.intents.payloads import IntentSubmitted
from tradewind.contracts.risk.approvals import ApprovalAnswer, ApprovalVerdict
from tradewind.trading.signal_outcomes.isotonic import (
    CalibrationTable,
    CalibrationTables,
    Knot,
)
from tradewind.trading.signal_policy.model import SourcePolicy

AT = NOW + timedelta(seconds=2)
IGNORE = Verdict.IGNORE
FAILED = DecisionStatus.TIMEOUT
SHADOW = ModelRole.SHADOW


def end(
    *votes: Vote,
    by: SourcePolicy | None = None,
    now: datetime = AT,
    approval: ApprovalAnswer | None = None,
    calibration: CalibrationTables | None = None,
    untraded: str | None = None,
    **changes: Any,
) -> DecisionConcluded:
    event = evaluated(*votes, **changes)
    found = conclude(event, by or policy(), now, approval, calibration, untraded=untraded)
    concluded = found[-1]
    assert isinstance(concluded, DecisionConcluded)
    assert DecisionConcluded.model_validate_json(concluded.model_dump_json()) == concluded
    has_intent = concluded.outcome is Outcome.SUBMITTED
    assert len(found) == 1 + has_intent
    assert (concluded.intent_id is not None) == has_intent
    return concluded


def outcome(*votes: Vote, **changes: Any) -> tuple[Outcome, str | None]:
    concluded = end(*votes, **changes)
    return concluded.outcome, concluded.reason


FOLLOWED = (Outcome.SUBMITTED, None)
LOW = (Outcome.IGNORED, Reason.SCORE_BELOW_THRESHOLD)
DISAGREED = (Outcome.IGNORED, Reason.NO_AGREEMENT)
NO_QUORUM = (Outcome.NO_QUORUM, Reason.TOO_FEW_ANSWERS)


def test_a_followed_signal_becomes_the_intent_that_its_arithmetic_says() -> None:
    event = evaluated(vote(80, size_pct=25))
    submission, concluded = conclude(event, policy(), AT)
    assert isinstance(submission, IntentSubmitted)
    assert isinstance(concluded, DecisionConcluded)
    intent, numbers = submission.intent, concluded.arithmetic
    assert (
        submission.intent_id
        == concluded.intent_id
        == derive_ulid(event.payload.signal_id, "intent")
    )
    assert (intent.intent_type, intent.assets) == ("acquire", event.payload.terms.assets)
    assert (intent.strategy_id, intent.portfolio_id) == ("research", None)
    assert intent.amount == numbers.amount == Decimal("0.5")
    # the larger of 2 × 2 bps and a quarter of 15 / 3,000
    assert intent.constraints.max_slippage == numbers.max_slippage == Decimal("0.002")
    assert intent.constraints.time_window == numbers.time_window_seconds == 120
    assert submission.expires_at == AT + timedelta(seconds=120)
    assert numbers.score == Decimal("0.8")
    assert (numbers.amount_limited_by, concluded.decided_mid) == ("signal", MID)


@pytest.mark.parametrize(
    ("votes", "changes", "expected"),
    [
        ([vote(60)], {}, FOLLOWED),
        ([vote(59)], {}, LOW),
        ([vote(90, IGNORE)], {}, LOW),
        ([], {}, NO_QUORUM),
        ([vote(0, status=FAILED)], {}, NO_QUORUM),
        ([vote(99, role=SHADOW)], {}, NO_QUORUM),
        ([vote(99)], {"weights": {"baseline": Decimal(0)}}, NO_QUORUM),
        # a shadow neither lifts nor drags
        ([vote(60), vote(99, IGNORE, "b", role=SHADOW)], {}, FOLLOWED),
        # half of three are two
        ([vote(90), vote(0, model="b", status=FAILED), vote(0, model="c", status=FAILED)],
         {}, NO_QUORUM),
        ([vote(90), vote(0, model="b", status=FAILED), vote(0, model="c", status=FAILED)],
         {"quorum": Decimal(0)}, FOLLOWED),
        ([vote(90), vote(90, model="b")], {"minimum_voting": 3}, NO_QUORUM),
        # (3 × 0.9 − 1 × 0.3) / 4
        ([vote(90), vote(30, IGNORE, "b")], {"weights": {"baseline": Decimal(3)}}, FOLLOWED),
        ([vote(90), vote(31, IGNORE, "b")], {"weights": {"baseline": Decimal(3)}}, LOW),
        # sure enough together, but those who follow have no majority of the weight
        ([vote(100), vote(0, IGNORE, "b")], {"threshold": Decimal("0.5")}, DISAGREED),
        ([vote(100), vote(0, IGNORE, "b")],
         {"threshold": Decimal("0.5"), "other_weight": Decimal(1),
          "weights": {"baseline": Decimal("1.1")}}, FOLLOWED),
        ([vote(90), vote(0, IGNORE, "b", role=SHADOW)], {"agreement": "any_veto"}, FOLLOWED),
        ([vote(100), vote(100, model="b"), vote(0, IGNORE, "c")],
         {"agreement": "any_veto"}, DISAGREED),
        ([vote(90), vote(0, model="b", status=FAILED)], {"agreement": "any_veto"}, FOLLOWED),
        ([vote(90), vote(0, model="b", status=FAILED)], {"agreement": "unanimous"}, DISAGREED),
        ([vote(90), vote(90, model="b")], {"agreement": "unanimous"}, FOLLOWED),
    ],
)  # fmt: skip
def test_votes_count_as_the_policy_says(
    votes: list[Vote], changes: dict[str, Any], expected: tuple[Outcome, str | None]
) -> None:
    assert outcome(*votes, by=policy(**changes)) == expected


@pytest.mark.parametrize(
    ("direction", "decision", "expected", "intent_type"),
    [
        ("long", Verdict.FOLLOW_ENTER, Outcome.SUBMITTED, "acquire"),
        ("close_long", Verdict.FOLLOW_EXIT, Outcome.SUBMITTED, "dispose"),
        ("close_long", Verdict.HOLD, Outcome.IGNORED, None),
        ("close_long", Verdict.TIGHTEN_STOP, Outcome.IGNORED, None),
        ("short", Verdict.FOLLOW_ENTER, Outcome.NOT_ACTIONABLE, None),
        ("close_short", Verdict.FOLLOW_EXIT, Outcome.NOT_ACTIONABLE, None),
        ("short", Verdict.IGNORE, Outcome.IGNORED, None),
    ],
)
def test_a_spot_venue_is_long_only(
    direction: str, decision: Verdict, expected: Outcome, intent_type: str | None
) -> None:
    event = evaluated(vote(80, decision), direction=direction)
    *intents, concluded = conclude(event, policy(), AT)
    assert isinstance(concluded, DecisionConcluded)
    assert concluded.outcome is expected
    assert concluded.arithmetic.score is not None
    assert [one.intent.intent_type for one in intents] == ([intent_type] if intent_type else [])  # type: ignore[attr-defined]
    if expected is Outcome.NOT_ACTIONABLE:
        assert concluded.reason == Reason.DIRECTION_UNSUPPORTED


@pytest.mark.parametrize(
    ("policy_cap", "source_cap", "amount", "limited_by"),
    [
        (None, None, "2", "signal"),
        ("6000", "6000", "2", "signal"),
        ("1500", None, "0.5", "policy"),
        ("1500", "300", "0.1", "source"),
        ("100", "300", "0.033333333333333333", "policy"),
    ],
)
def test_the_amount_is_what_the_tightest_allows(
    policy_cap: str | None, source_cap: str | None, amount: str, limited_by: str
) -> None:
    caps = [None if one is None else Decimal(one) for one in (policy_cap, source_cap)]
    numbers = end(vote(80), by=policy(source_cap=caps[1], max_notional_usd=caps[0])).arithmetic
    assert (numbers.amount, numbers.amount_limited_by) == (Decimal(amount), limited_by)


def test_what_cannot_be_an_intent_is_not_actionable() -> None:
    small = outcome(vote(80), by=policy(max_notional_usd=Decimal("1e-17")))
    assert small == (Outcome.NOT_ACTIONABLE, Reason.AMOUNT_TOO_SMALL)
    assert outcome(vote(80, size_pct=0)) == small
    large = outcome(vote(80), size=Decimal(10) ** 30)
    assert large == (Outcome.NOT_ACTIONABLE, Reason.AMOUNT_TOO_LARGE)
    unknown = end(vote(80), untraded="assets[0].address: is not a token this platform trades")
    assert unknown.reason == Reason.TOKEN_NOT_TRADED
    assert unknown.detail == "assets[0].address: is not a token this platform trades"


@pytest.mark.parametrize(
    ("spread_bps", "atr", "slippage"),
    [("2", "15", "0.002"), ("20", "15", "0.004"), ("2", "60", "0.005"), ("2", "2000", "0.01"),
     (None, None, "0.002"), ("20.01", None, "0.0041")],
)  # fmt: skip
def test_slippage_follows_the_market_within_bounds(
    spread_bps: str | None, atr: str | None, slippage: str
) -> None:
    frame = features().frames[0].model_copy(update={"atr": None if atr is None else Decimal(atr)})
    market = features(
        frames=(frame,), spread_bps=None if spread_bps is None else Decimal(spread_bps)
    )
    assert end(vote(80), changed_features=market).arithmetic.max_slippage == Decimal(slippage)


@pytest.mark.parametrize(
    ("age_ms", "expected", "window"),
    [
        (180_000, FOLLOWED, 120),
        (180_001, FOLLOWED, 119),
        (295_000, FOLLOWED, 5),
        (295_001, (Outcome.EXPIRED, Reason.TIME_TOO_SHORT), 4),
        (300_000, (Outcome.EXPIRED, Reason.TIME_TOO_SHORT), 0),
        (300_001, (Outcome.EXPIRED, Reason.TOO_OLD), 0),
    ],
)
def test_an_intent_never_outlives_its_signal(
    age_ms: int, expected: tuple[Outcome, str | None], window: int
) -> None:
    concluded = end(vote(80), now=NOW + timedelta(milliseconds=age_ms))
    assert (concluded.outcome, concluded.reason) == expected
    assert concluded.arithmetic.time_window_seconds == window
    assert concluded.case == ("expired" if expected[0] is Outcome.EXPIRED else "")


def test_an_ignored_signal_is_ignored_to_its_last_moment() -> None:
    assert outcome(vote(80, IGNORE), now=NOW + timedelta(seconds=300)) == LOW
    late = outcome(vote(80, IGNORE), now=NOW + timedelta(milliseconds=300_001))
    assert late == (Outcome.EXPIRED, Reason.TOO_OLD)


def answer(verdict: ApprovalVerdict) -> ApprovalAnswer:
    return ApprovalAnswer(
        approval_id=intent_id_of(evaluated(vote(80)).payload.signal_id),
        verdict=verdict,
        answered_by="desk",
        answered_at=AT,
        note="no appetite",
    )


def test_modes_decide_what_becomes_of_what_is_followed() -> None:
    assert outcome(vote(80), by=policy("observe")) == (Outcome.OBSERVED, None)
    assert outcome(vote(10), by=policy("observe")) == LOW
    asked = policy("approve", approval_seconds=60)
    event = evaluated(vote(80))
    deadline = event.timestamp + timedelta(seconds=60)
    assert conclude(event, asked, deadline - timedelta(milliseconds=1)) == []
    timed_out = (Outcome.EXPIRED, Reason.APPROVAL_TIMED_OUT)
    assert outcome(vote(80), by=asked, now=deadline) == timed_out
    assert outcome(vote(10), by=asked) == LOW
    denied = end(vote(80), by=asked, approval=answer(ApprovalVerdict.DENIED))
    assert (denied.outcome, denied.detail) == (Outcome.DECLINED, "no appetite")
    assert denied.case == "declined"
    approved = end(vote(80), by=asked, approval=answer(ApprovalVerdict.APPROVED))
    assert approved.outcome is Outcome.SUBMITTED
    assert approved.inputs.approval == answer(ApprovalVerdict.APPROVED)


def test_nobody_can_approve_what_would_come_too_late() -> None:
    """Given a policy that lets a person take all of the time, then 5 seconds are kept."""
    asked = policy("approve", approval_seconds=300)
    event = evaluated(vote(80))
    last = event.payload.terms.expires_at - timedelta(seconds=5)
    assert conclude(event, asked, last - timedelta(milliseconds=1)) == []
    assert conclude(event, asked, last)[0].reason == Reason.APPROVAL_TIMED_OUT  # type: ignore[attr-defined]
    late = end(
        vote(80),
        by=asked,
        approval=answer(ApprovalVerdict.APPROVED),
        now=last + timedelta(milliseconds=1),
    )
    assert (late.outcome, late.reason) == (Outcome.EXPIRED, Reason.TIME_TOO_SHORT)


def test_a_calibrated_confidence_replaces_that_of_its_model_and_prompt() -> None:
    table = CalibrationTable(
        model="baseline",
        prompt_version="baseline@1",
        horizon_seconds=3_600,
        version=1,
        outcomes=200,
        knots=(Knot(said=Decimal("0.2"), seen=Decimal("0.4")),
               Knot(said=Decimal("0.8"), seen=Decimal("0.5"))),
    )  # fmt: skip
    tables = CalibrationTables(tables=(table,))
    believing, doubting = policy(), policy(calibrated=True)
    sure = vote(80, prompt_version="baseline@1")
    assert end(sure, by=believing, calibration=tables).arithmetic.score == Decimal("0.8")
    concluded = end(sure, by=doubting, calibration=tables)
    assert concluded.arithmetic.score == Decimal("0.5")
    assert concluded.inputs.calibration == tables.canonical_json()
    against = vote(80, IGNORE, prompt_version="baseline@1")
    assert end(against, by=doubting, calibration=tables).arithmetic.score == Decimal("-0.6")
    other = end(vote(80, prompt_version="baseline@2"), by=doubting, calibration=tables)
    assert (other.arithmetic.score, other.inputs.calibration) == (Decimal("0.8"), None)


@st.composite
def ballots(draw: st.DrawFn) -> list[Vote]:
    return [
        vote(
            draw(st.integers(0, 100)),
            draw(st.sampled_from([Verdict.FOLLOW_ENTER, Verdict.IGNORE])),
            f"m{number}",
            role=draw(st.sampled_from(ModelRole)),
            status=draw(st.sampled_from([DecisionStatus.OK, DecisionStatus.OK, FAILED])),
            size_pct=draw(st.integers(0, 100)),
        )
        for number in range(draw(st.integers(0, 5)))
    ]


POLICIES = st.fixed_dictionaries(
    {
        "quorum": st.decimals(0, 1, places=2),
        "minimum_voting": st.integers(1, 3),
        "weights": st.dictionaries(
            st.sampled_from(["m0", "m1", "m2"]), st.decimals(0, 5, places=1), max_size=3
        ),
        "agreement": st.sampled_from(["majority", "unanimous", "any_veto"]),
        "threshold": st.decimals(0, 1, places=2),
        "max_notional_usd": st.none() | st.decimals(1, 9_000, places=2),
    }
)


@settings(max_examples=60)
@given(ballots(), POLICIES, st.integers(1_000, 310_000))
def test_no_policy_is_overruled(votes: list[Vote], changes: dict[str, Any], age_ms: int) -> None:
    by, now = policy(**changes), NOW + timedelta(milliseconds=age_ms)
    event = evaluated(*votes)
    found = conclude(event, by, now)
    concluded = found[-1]
    assert isinstance(concluded, DecisionConcluded)
    numbers, rules = concluded.arithmetic, by.policy
    counting = [
        one for one in votes if one.role is ModelRole.VOTING and rules.weight_of(one.model) > 0
    ]
    answered = [one for one in counting if one.status is DecisionStatus.OK]
    assert (numbers.voting, numbers.answered) == (len(counting), len(answered))
    assert all(abs(one.signed_confidence) <= 1 for one in numbers.counted)
    if concluded.outcome is Outcome.SUBMITTED:
        assert len(answered) >= rules.minimum_voting
        assert len(answered) >= rules.quorum * len(counting)
        assert numbers.score is not None
        assert numbers.score >= rules.threshold
        assert numbers.amount is not None
        smallest = min(one.answer.size_pct for one in answered if one.answer.decision.follows)
        assert numbers.amount <= event.payload.terms.signal.size * smallest / 100
        if rules.max_notional_usd is not None:
            assert numbers.amount * MID <= rules.max_notional_usd
        submission = found[0]
        assert isinstance(submission, IntentSubmitted)
        assert now < submission.expires_at <= event.payload.terms.expires_at
    # whoever adds a shadow, or a model that fails while none is needed, changes nothing
    louder = conclude(evaluated(*votes, vote(100, IGNORE, "zz", role=SHADOW)), by, now)
    assert [type(one) for one in louder] == [type(one) for one in found]
    # a surer follower never turns a signal down
    surer = [
        one.model_copy(update={"answer": one.answer.model_copy(update={"confidence_pct": 100})})
        if one.answer.decision.follows else one
        for one in votes
    ]  # fmt: skip
    if concluded.outcome is Outcome.SUBMITTED:
        assert len(conclude(evaluated(*surer), by, now)) == len(found)
    assert conclude(event, by, now) == found
