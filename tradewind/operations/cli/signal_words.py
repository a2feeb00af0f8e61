"""Says in a line what an event of a signal tells, and what the decision behind it read."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tradewind.contracts.decisions.payloads import (
    ConclusionInputs,
    DecisionConcluded,
    DecisionMade,
)
from tradewind.contracts.explanations.signals import DECISION_STATUSES, OUTCOMES, SIGNAL_REASONS
from tradewind.contracts.signals.features import Features
from tradewind.contracts.signals.model import Signal
from tradewind.contracts.signals.payloads import (
    EnrichmentInputs,
    SignalApprovalAnswered,
    SignalEnriched,
    SignalEvaluated,
    SignalMarked,
    SignalReceived,
    SignalRejected,
)

SHOWN_CHARACTERS = 12


def describe_signal(payload: Any) -> str | None:
    """Return what an event of a signal says beside its topic; None for any other event."""
    match payload:
        case SignalReceived():
            return _received(payload)
        case SignalEnriched():
            return _enriched(payload.features)
        case SignalRejected():
            return _rejected(payload)
        case DecisionMade():
            return _made(payload)
        case SignalEvaluated():
            answered = sum(vote.status == "ok" for vote in payload.votes)
            return f"{answered} of {len(payload.votes)} models answered"
        case DecisionConcluded():
            return _concluded(payload)
        case SignalApprovalAnswered():
            because = "" if payload.note is None else f": {payload.note}"
            return f"{payload.verdict} by {payload.answered_by}{because}"
        case SignalMarked():
            return _marked(payload)
    return None


def describe_signal_inputs(inputs: Any, coins: Mapping[str, str]) -> tuple[str, ...] | None:
    """Return what an enrichment or a conclusion was decided on; None for any other decision.

    `coins` has the coins of the observations at hand, by their content ids.
    """
    match inputs:
        case EnrichmentInputs():
            return _market(inputs, coins), _limits(inputs)
        case ConclusionInputs():
            said = f"policy {inputs.policy_sha256[:SHOWN_CHARACTERS]}…"
            if inputs.approval is None:
                return (said,)
            return said, f"{inputs.approval.verdict} by {inputs.approval.answered_by}"
    return None


def _received(payload: SignalReceived) -> str:
    signal = payload.terms.signal
    return (
        f"{_what(signal)} from {signal.source}, strategy {payload.terms.strategy_id}, "
        f"until {payload.terms.expires_at:%H:%M:%S}"
    )


def _what(signal: Signal) -> str:
    direction = signal.signal_direction.replace("_", " ")
    return f"{direction} {signal.size:f} {signal.symbol} at {signal.entry_price:f}"


def _enriched(features: Features) -> str:
    quality = features.quality
    flags = [f"{kind} {', '.join(some)}" for kind, some in quality.model_dump().items() if some]
    return (
        f"profile {features.profile}: mid {features.mid_price:f}, "
        f"{features.entry_drift_bps:f} bps from its entry, {features.signal_age_ms:,} ms old"
        f"{'; ' if flags else ''}{'; '.join(flags)}"
    )


def _rejected(payload: SignalRejected) -> str:
    measured = "" if payload.measured is None else f": {payload.measured}"
    against = "" if payload.limit is None else f" against {payload.limit}"
    return f"{payload.reason}{measured}{against}. {SIGNAL_REASONS[payload.reason].sentence}"


def _made(payload: DecisionMade) -> str:
    usage = payload.usage
    cost = "" if usage.cost_microusd is None else f", {usage.cost_microusd / 1e6:.6f} USD"
    who = f"{payload.model} ({payload.role})"
    if payload.status != "ok":
        sentence = DECISION_STATUSES[payload.status].sentence
        return f"{who}: {payload.status} after {usage.latency_ms:,} ms{cost}. {sentence}"
    answer = payload.answer
    reasons = ", ".join(answer.reasons)
    return (
        f"{who}: {answer.decision} with {answer.confidence_pct} % confidence "
        f"after {usage.latency_ms:,} ms{cost}: {reasons}"
    )


def _concluded(payload: DecisionConcluded) -> str:
    numbers = payload.arithmetic
    parts = [f"{payload.outcome} (mode {payload.mode}, policy {payload.policy_id})"]
    if payload.reason is not None:
        parts.append(payload.reason)
    if numbers.score is not None and numbers.threshold is not None:
        parts.append(f"score {numbers.score:f} against {numbers.threshold:f}")
    parts.append(f"{numbers.answered} of {numbers.voting} voted, {numbers.needed} needed")
    if payload.intent_id is not None:
        parts.append(f"intent {payload.intent_id}")
    return f"{', '.join(parts)}. {OUTCOMES[payload.outcome].sentence}"


def _marked(payload: SignalMarked) -> str:
    later = f"{payload.horizon_seconds // 60} min later"
    if payload.marked_mid is None or payload.signed_return is None:
        return f"{later} nobody saw a price"
    gained = f"{_percent(payload.signed_return)} for the signal"
    return f"{later} {payload.marked_mid:f}, {gained}, costs {_percent(payload.costs)}"


def _market(inputs: EnrichmentInputs, coins: Mapping[str, str]) -> str:
    if inputs.market is None:
        return "no market data"
    coin, name = coins.get(inputs.market), f"market data {inputs.market[:SHOWN_CHARACTERS]}…"
    return f"{name}, which is not recorded here" if coin is None else f"{name} of {coin}"


def _limits(inputs: EnrichmentInputs) -> str:
    limits = inputs.limits
    return (
        f"limits: {limits.max_age_seconds} s old, {limits.max_drift_bps} bps from its entry, "
        f"spread {limits.max_spread_bps} bps; profile {inputs.profile_sha256[:SHOWN_CHARACTERS]}…"
    )


def _percent(fraction: Decimal) -> str:
    return f"{fraction * 100:+.2f} %"
