"""Makes the history of a signal as the roles make it, one stage at a time, for tests."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from tests.support.factories import NOW, USDC, WETH
from tradewind.contracts.decisions.model import (
    FALLBACK,
    Answer,
    DecisionStatus,
    ModelRole,
    Verdict,
    Vote,
)
from tradewind.contracts.decisions.payloads import (
    Arithmetic,
    ConclusionInputs,
    DecisionConcluded,
    DecisionMade,
    Mode,
    Outcome,
    PromptReference,
    Usage,
)
from tradewind.contracts.envelope import AnyEvent, Event, first_event, next_events
from tradewind.contracts.ids import CorrelationKind, make_correlation_id, make_ulid
from tradewind.contracts.payload import Payload
from tradewind.contracts.roles import Role
from tradewind.contracts.signals.features import Features, FrameFeatures, Quality
from tradewind.contracts.signals.model import SIGNAL_LIFETIME_SECONDS, Signal, SignalTerms
from tradewind.contracts.signals.payloads import (
    EnrichmentInputs,
    EnrichmentLimits,
    SignalEnriched,
    SignalEvaluated,
    SignalReceived,
    SignalRejected,
    SignalRejection,
)
from tradewind.contracts.subjects import risk_key

LIMITS: Final = EnrichmentLimits(
    max_age_seconds=300,
    max_clock_ahead_seconds=5,
    max_drift_bps=200,
    max_spread_bps=50,
    max_book_age_seconds=10,
    max_context_age_seconds=30,
    max_candle_age_intervals=2,
    min_candles=150,
)
MARKET: Final = "5" * 64
SHA256: Final = "a" * 64
STAGE: Final = timedelta(milliseconds=250)
"""From one event to the next."""


def signal(**changes: Any) -> Signal:
    """Return `open a long of 0.5 ETH at 2,000`, with changes."""
    values: dict[str, Any] = {
        "event_type": "OPEN_SIGNAL",
        "symbol": "ETH",
        "signal_direction": "long",
        "entry_price": Decimal(2_000),
        "size": Decimal("0.5"),
        "ts_utc": NOW,
        "source": "trend",
    }
    return Signal(**(values | changes))


def terms(at: datetime = NOW, **changes: Any) -> SignalTerms:
    """Return a signal with what the gateway fixes about it."""
    strategy_id = changes.pop("strategy_id", "demo")
    wanted = signal(**changes)
    return SignalTerms(
        signal=wanted,
        coin="ETH",
        assets=(WETH, USDC),
        strategy_id=strategy_id,
        received_at=at,
        expires_at=wanted.ts_utc + timedelta(seconds=SIGNAL_LIFETIME_SECONDS),
    )


def received(number: int = 1, at: datetime = NOW, **changes: Any) -> Event[SignalReceived]:
    """Return signal.received of the `number`th signal."""
    portfolio_id = changes.pop("portfolio_id", None)
    fixed = terms(at, **changes)
    signal_id = make_ulid(int(at.timestamp() * 1_000), number.to_bytes(10))
    return first_event(
        SignalReceived(signal_id=signal_id, terms=fixed),
        correlation_id=make_correlation_id(CorrelationKind.SIGNAL, signal_id),
        key=risk_key(fixed.instrument, portfolio_id or fixed.strategy_id),
        producer=Role.GATEWAY.value,
        at=at,
    )


def follow(cause: AnyEvent, producer: Role, *payloads: Payload) -> list[AnyEvent]:
    """Return what a role makes of the event before, a stage later."""
    return next_events(cause, payloads, producer=producer.value, at=cause.timestamp + STAGE)


def features(**changes: Any) -> Features:
    """Return what the market was like, a little above the entry."""
    frame = FrameFeatures(
        interval="1h", closed_at=NOW, close=Decimal("2001.5"), rsi=Decimal("61.2")
    )
    values: dict[str, Any] = {
        "profile": "trend_follow_v1",
        "mid_price": Decimal("2002"),
        "entry_drift_bps": Decimal(10),
        "signal_age_ms": 250,
        "frames": (frame,),
    }
    return Features(**(values | changes))


def enriched(opening: Event[SignalReceived], **changes: Any) -> list[AnyEvent]:
    """Return signal.enriched."""
    known = features(**changes)
    inputs = EnrichmentInputs(market=MARKET, limits=LIMITS, profile="{}", profile_sha256=SHA256)
    payload = SignalEnriched(
        signal_id=opening.payload.signal_id,
        terms=opening.payload.terms,
        features=known,
        profile_id=known.profile,
        inputs=inputs,
    )
    return follow(opening, Role.ENRICHER, payload)


def rejected(opening: Event[SignalReceived], **changes: Any) -> list[AnyEvent]:
    """Return signal.rejected."""
    values: dict[str, Any] = {
        "reason": SignalRejection.PRICE_DRIFT,
        "measured": "231.5",
        "limit": "200",
    }
    payload = SignalRejected(signal_id=opening.payload.signal_id, **(values | changes))
    return follow(opening, Role.ENRICHER, payload)


def made(
    opening: Event[SignalReceived],
    model: str,
    confidence_pct: int = 72,
    status: DecisionStatus = DecisionStatus.OK,
    role: ModelRole = ModelRole.VOTING,
) -> DecisionMade:
    """Return what a model says: it follows, or the fallback where it gave no answer."""
    told, is_ok = opening.payload.terms.signal, status is DecisionStatus.OK
    follows = Verdict.FOLLOW_ENTER if told.is_opening else Verdict.FOLLOW_EXIT
    answer = Answer(
        decision=follows if is_ok else FALLBACK[told.event_type],
        confidence_pct=confidence_pct if is_ok else 0,
        reasons=("trend_1h_with_signal",) if is_ok else (f"model_error:{status}",),
    )
    return DecisionMade(
        signal_id=opening.payload.signal_id,
        model=model,
        vendor="baseline" if model == "baseline" else "openai",
        role=role,
        status=status,
        answer=answer,
        prompt=PromptReference(version="core@1", sha256=SHA256),
        usage=Usage(latency_ms=640, tokens_in=900, tokens_out=80, cost_microusd=1_450),
        attempts=1,
        raw_sha256=SHA256 if is_ok else None,
        instrument=opening.payload.terms.instrument,
        symbol=told.symbol,
        event_type=told.event_type,
        strategy_id=opening.payload.terms.strategy_id,
    )


def evaluated(
    opening: Event[SignalReceived], cause: AnyEvent, decisions: Sequence[DecisionMade]
) -> list[AnyEvent]:
    """Return decision.made of every model, and signal.evaluated."""
    answers = follow(cause, Role.EVALUATOR, *decisions)
    votes = tuple(
        Vote(
            decision_id=event.event_id,
            model=one.model,
            role=one.role,
            status=one.status,
            answer=one.answer,
        )
        for event, one in zip(answers, decisions, strict=True)
    )
    payload = SignalEvaluated(
        signal_id=opening.payload.signal_id,
        terms=opening.payload.terms,
        features=features(),
        votes=votes,
        deadline=cause.timestamp + timedelta(seconds=3),
    )
    return [*answers, *follow(answers[-1], Role.EVALUATOR, payload)]


def concluded(
    opening: Event[SignalReceived],
    cause: AnyEvent,
    outcome: Outcome = Outcome.OBSERVED,
    **changes: Any,
) -> list[AnyEvent]:
    """Return decision.concluded."""
    values: dict[str, Any] = {
        "mode": Mode.OBSERVE,
        "policy_id": "default@1",
        "arithmetic": Arithmetic(
            voting=1, answered=1, needed=1, score=Decimal("0.72"), threshold=Decimal("0.6")
        ),
        "decided_mid": Decimal(2_002),
        "strategy_id": opening.payload.terms.strategy_id,
        "concluded_at": cause.timestamp + STAGE,
        "inputs": ConclusionInputs(policy="{}", policy_sha256=SHA256),
    }
    payload = DecisionConcluded(
        signal_id=opening.payload.signal_id, outcome=outcome, **(values | changes)
    )
    return follow(cause, Role.DESK, payload)


def observed_signal(number: int = 1, **changes: Any) -> list[AnyEvent]:
    """Return the whole history of a signal that two models judge, one of them in vain."""
    opening = received(number, **changes)
    history: list[AnyEvent] = [
        opening,
        *enriched(opening, quality=Quality(missing=("funding_hourly",))),
    ]
    asked = [
        made(opening, "baseline"),
        made(opening, "gpt-5.4-mini", status=DecisionStatus.TIMEOUT),
    ]
    history += evaluated(opening, history[-1], asked)
    return [*history, *concluded(opening, history[-1])]


def rejected_signal(number: int = 2, **changes: Any) -> list[AnyEvent]:
    """Return the whole history of a signal that is too far from the market."""
    opening = received(number, **changes)
    return [opening, *rejected(opening)]


def submitted_signal(number: int = 3, **changes: Any) -> list[AnyEvent]:
    """Return the whole history of a signal that becomes an intent."""
    opening = received(number, **changes)
    history: list[AnyEvent] = [opening, *enriched(opening)]
    history += evaluated(opening, history[-1], [made(opening, "baseline")])
    intent_id = make_ulid(int(NOW.timestamp() * 1_000), number.to_bytes(10))
    end = concluded(opening, history[-1], Outcome.SUBMITTED, mode=Mode.AUTO, intent_id=intent_id)
    return [*history, *end]
