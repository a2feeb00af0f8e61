"""The desk's decision, as a pure function of what models said, a policy, a time and an answer."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, NamedTuple

from actors.desk.terms import (
    amount_of,
    approval_deadline,
    asks_a_person,
    intent_type_of,
    slippage_of,
    window_of,
)
from actors.desk.votes import Count, agree, count_votes, tables_used
from tradewind.contracts.amounts import to_base_units
from tradewind.contracts.decisions.payloads import (
    Arithmetic,
    ConclusionInputs,
    DecisionConcluded,
    Mode,
    Outcome,
)
from tradewind.contracts.envelope import Event
from tradewind.contracts.ids import derive_ulid
from tradewind.contracts.intents.model import MAX_AMOUNT_BASE_UNITS, Intent, IntentConstraints
from tradewind.contracts.payload import MAX_DETAIL_LENGTH, Payload
from tradewind.contracts.risk.approvals import ApprovalAnswer, ApprovalVerdict
from tradewind.contracts.signals.payloads import SignalEvaluated
from tradewind.trading.signal_outcomes.isotonic import CalibrationTables
from tradewind.trading.signal_policy.model import MIN_WINDOW_SECONDS, SourcePolicy
from tradewind.trading.submission.events import submission_of

INTENT_LABEL: Final = "intent"


class Reason(StrEnum):
    """Why a conclusion is what it is, where its outcome alone does not tell."""

    TOO_OLD = "too_old"
    TOO_FEW_ANSWERS = "too_few_answers"
    SCORE_BELOW_THRESHOLD = "score_below_threshold"
    NO_AGREEMENT = "no_agreement"
    DIRECTION_UNSUPPORTED = "direction_unsupported"
    AMOUNT_TOO_SMALL = "amount_too_small"
    AMOUNT_TOO_LARGE = "amount_too_large"
    TOKEN_NOT_TRADED = "token_not_traded"  # noqa: S105
    TIME_TOO_SHORT = "time_too_short"
    APPROVAL_TIMED_OUT = "approval_timed_out"
    APPROVAL_DENIED = "approval_denied"


class Conclusion(NamedTuple):
    """How a signal ends, before it is an event."""

    outcome: Outcome
    reason: Reason | None = None
    detail: str | None = None


class _Case(NamedTuple):
    """All that a conclusion is drawn from."""

    event: Event[SignalEvaluated]
    policy: SourcePolicy
    now: datetime
    ballot: Count
    arithmetic: Arithmetic


def conclude(
    event: Event[SignalEvaluated],
    policy: SourcePolicy,
    now: datetime,
    approval: ApprovalAnswer | None = None,
    calibration: CalibrationTables | None = None,
    *,
    untraded: str | None = None,
) -> list[Payload]:
    """Return the intent, where one is submitted, and the conclusion; nothing while it waits.

    `untraded` says what is wrong with the tokens of the signal where the platform trades them no
    longer. Whoever calls it again with what the conclusion records gets the same.
    """
    evaluated = event.payload
    tables = _tables(event, policy, calibration)
    count = count_votes(evaluated.votes, policy.policy, tables)
    case = _Case(event, policy, now, count, _arithmetic(event, policy, now, count))
    conclusion = _conclude(case, untraded) or _of_mode(case, approval)
    if conclusion is None:
        return []
    concluded = _concluded(case, conclusion, approval, tables)
    if conclusion.outcome is not Outcome.SUBMITTED:
        return [concluded]
    assert concluded.intent_id is not None
    return [submission_of(_intent(case), concluded.intent_id, now), concluded]


def proposal_of(
    event: Event[SignalEvaluated],
    policy: SourcePolicy,
    now: datetime,
    calibration: CalibrationTables | None,
) -> Arithmetic:
    """Return the arithmetic that a person is shown who is asked."""
    count = count_votes(event.payload.votes, policy.policy, _tables(event, policy, calibration))
    return _arithmetic(event, policy, now, count)


def intent_id_of(signal_id: str) -> str:
    """Return the id of the intent a signal leads to, whoever submits it."""
    return derive_ulid(signal_id, INTENT_LABEL)


def _tables(
    event: Event[SignalEvaluated], policy: SourcePolicy, calibration: CalibrationTables | None
) -> CalibrationTables | None:
    if calibration is None or not policy.policy.calibrated:
        return None
    return tables_used(event.payload.votes, calibration)


def _conclude(case: _Case, untraded: str | None) -> Conclusion | None:
    """Return the conclusion without an intent; None where one is to be submitted."""
    if case.now > case.event.payload.terms.expires_at:
        return Conclusion(Outcome.EXPIRED, Reason.TOO_OLD)
    if not case.ballot.has_quorum:
        return Conclusion(Outcome.NO_QUORUM, Reason.TOO_FEW_ANSWERS)
    assert case.arithmetic.score is not None
    if case.arithmetic.score < case.policy.policy.threshold:
        return Conclusion(Outcome.IGNORED, Reason.SCORE_BELOW_THRESHOLD)
    if not case.arithmetic.agreed:
        return Conclusion(Outcome.IGNORED, Reason.NO_AGREEMENT)
    return _not_actionable(case, untraded)


def _not_actionable(case: _Case, untraded: str | None) -> Conclusion | None:
    terms, amount = case.event.payload.terms, case.arithmetic.amount
    if intent_type_of(terms.signal) is None:
        return Conclusion(Outcome.NOT_ACTIONABLE, Reason.DIRECTION_UNSUPPORTED)
    if untraded is not None:
        return Conclusion(Outcome.NOT_ACTIONABLE, Reason.TOKEN_NOT_TRADED, untraded)
    if amount is None:
        return Conclusion(Outcome.NOT_ACTIONABLE, Reason.AMOUNT_TOO_SMALL)
    if to_base_units(amount, terms.assets[0].decimals) >= MAX_AMOUNT_BASE_UNITS:
        return Conclusion(Outcome.NOT_ACTIONABLE, Reason.AMOUNT_TOO_LARGE)
    return None


def _of_mode(case: _Case, approval: ApprovalAnswer | None) -> Conclusion | None:
    """Return what becomes of a signal that is to be followed; None while a person is asked."""
    if case.policy.mode is Mode.OBSERVE:
        return Conclusion(Outcome.OBSERVED)
    if asks_a_person(case.policy):
        if approval is None:
            is_over = case.now >= approval_deadline(case.event, case.policy)
            return Conclusion(Outcome.EXPIRED, Reason.APPROVAL_TIMED_OUT) if is_over else None
        if approval.verdict is ApprovalVerdict.DENIED:
            return Conclusion(Outcome.DECLINED, Reason.APPROVAL_DENIED, approval.note)
    assert case.arithmetic.time_window_seconds is not None
    if case.arithmetic.time_window_seconds < MIN_WINDOW_SECONDS:
        return Conclusion(Outcome.EXPIRED, Reason.TIME_TOO_SHORT)
    return Conclusion(Outcome.SUBMITTED)


def _arithmetic(
    event: Event[SignalEvaluated], policy: SourcePolicy, now: datetime, count: Count
) -> Arithmetic:
    """Return the numbers; without a quorum there is nothing to add up."""
    terms, features = event.payload.terms, event.payload.features
    known: Mapping[str, Any] = {}
    if count.has_quorum:
        amount = amount_of(terms, count.size_pct, features.mid_price, policy)
        known = {
            "score": count.score,
            "agreed": agree(count, policy.policy),
            "size_pct": count.size_pct,
            "amount": amount.value if amount.value > 0 else None,
            "amount_limited_by": amount.limited_by,
            "max_slippage": slippage_of(features, policy.policy.slippage),
            "time_window_seconds": window_of(terms, policy, now),
        }
    return Arithmetic(
        voting=count.voting,
        answered=len(count.votes),
        needed=count.needed,
        counted=count.counted,
        threshold=policy.policy.threshold,
        agreement=policy.policy.agreement,
        **known,
    )


def _intent(case: _Case) -> Intent:
    terms, known = case.event.payload.terms, case.arithmetic
    intent_type = intent_type_of(terms.signal)
    assert intent_type is not None
    assert known.amount is not None
    assert known.max_slippage is not None
    assert known.time_window_seconds is not None
    return Intent(
        strategy_id=terms.strategy_id,
        intent_type=intent_type,
        assets=terms.assets,
        amount=known.amount,
        constraints=IntentConstraints(
            max_slippage=known.max_slippage, time_window=known.time_window_seconds
        ),
    )


def _concluded(
    case: _Case,
    conclusion: Conclusion,
    approval: ApprovalAnswer | None,
    tables: CalibrationTables | None,
) -> DecisionConcluded:
    evaluated, policy = case.event.payload, case.policy
    is_submitted = conclusion.outcome is Outcome.SUBMITTED
    detail = None if conclusion.detail is None else conclusion.detail[:MAX_DETAIL_LENGTH]
    return DecisionConcluded(
        signal_id=evaluated.signal_id,
        outcome=conclusion.outcome,
        mode=policy.mode,
        policy_id=policy.policy_id,
        reason=conclusion.reason,
        detail=detail,
        arithmetic=case.arithmetic,
        intent_id=intent_id_of(evaluated.signal_id) if is_submitted else None,
        decided_mid=Decimal(evaluated.features.mid_price),
        strategy_id=evaluated.terms.strategy_id,
        concluded_at=case.now,
        inputs=ConclusionInputs(
            policy=policy.canonical_json(),
            policy_sha256=policy.sha256(),
            approval=approval,
            calibration=None if tables is None else tables.canonical_json(),
        ),
    )
