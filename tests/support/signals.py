"""Makes signals as they stand before the desk, for the tests of what concludes from them."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.support.factories import NOW, USDC, WETH
from tradewind.contracts.decisions.model import (
    FALLBACK,
    Answer,
    DecisionStatus,
    ModelRole,
    Verdict,
    Vote,
)
from tradewind.contracts.decisions.payloads import DecisionMade, PromptReference, Usage
from tradewind.contracts.envelope import AnyEvent, Event, first_event, next_events
from tradewind.contracts.ids import (
    CorrelationKind,
    derive_event_id,
    make_correlation_id,
    make_ulid,
)
from tradewind.contracts.signals.features import Features, FrameFeatures
from tradewind.contracts.signals.model import SIGNAL_LIFETIME_SECONDS, Signal, SignalTerms
from tradewind.contracts.signals.payloads import (
    EnrichmentInputs,
    EnrichmentLimits,
    SignalEnriched,
    SignalEvaluated,
    SignalReceived,
)
from tradewind.contracts.subjects import risk_key
from tradewind.trading.signal_policy.model import Policy, SourcePolicy

MID = Decimal(3_000)
DIRECTIONS = {
    "long": "OPEN_SIGNAL",
    "short": "OPEN_SIGNAL",
    "close_long": "CLOSE_SIGNAL",
    "close_short": "CLOSE_SIGNAL",
}


def signal(direction: str = "long", at: datetime = NOW, **changes: Any) -> Signal:
    """Return a signal to open a long position in ETH, with changes."""
    values: dict[str, Any] = {
        "event_type": DIRECTIONS[direction],
        "symbol": "ETH",
        "signal_direction": direction,
        "entry_price": MID,
        "size": Decimal(2),
        "ts_utc": at,
        "source": "research",
    }
    return Signal(**values | changes)


def terms(
    direction: str = "long", at: datetime = NOW, coin: str = "ETH", **changes: Any
) -> SignalTerms:
    """Return a signal with what the gateway fixes about it."""
    return SignalTerms(
        signal=signal(direction, at, **changes),
        coin=coin,
        assets=(WETH, USDC),
        strategy_id="research",
        received_at=at,
        expires_at=at + timedelta(seconds=SIGNAL_LIFETIME_SECONDS),
    )


def features(**changes: Any) -> Features:
    """Return features of a calm market: 2 bps of spread, 0.5 % of average true range."""
    frame = FrameFeatures(interval="15m", closed_at=NOW, close=MID, atr=Decimal(15))
    values: dict[str, Any] = {
        "profile": "trend_follow_v1",
        "mid_price": MID,
        "spread_bps": Decimal(2),
        "entry_drift_bps": Decimal(0),
        "signal_age_ms": 0,
        "frames": (frame,),
    }
    return Features(**values | changes)


def vote(
    confidence_pct: int,
    decision: Verdict = Verdict.FOLLOW_ENTER,
    model: str = "baseline",
    *,
    role: ModelRole = ModelRole.VOTING,
    status: DecisionStatus = DecisionStatus.OK,
    size_pct: int = 100,
    prompt_version: str | None = None,
) -> Vote:
    """Return a model's answer; its fallback where it gave none."""
    answer = Answer(
        decision=decision,
        confidence_pct=confidence_pct,
        size_pct=size_pct,
        reasons=("trend_with_signal",),
    )
    if status is not DecisionStatus.OK:
        answer = Answer(
            decision=FALLBACK["OPEN_SIGNAL"], confidence_pct=0, reasons=(f"model_error:{status}",)
        )
    return Vote(
        decision_id=make_ulid(0, model.encode()[:10].ljust(10, b"_")),
        model=model,
        role=role,
        status=status,
        answer=answer,
        prompt_version=prompt_version,
    )


def policy(mode: str = "auto", source_cap: Decimal | None = None, **changes: Any) -> SourcePolicy:
    """Return the policy of a source, without caps unless they are given."""
    return SourcePolicy.model_validate(
        {
            "source": "research",
            "mode": mode,
            "policy_id": "default",
            "max_notional_usd": source_cap,
            "policy": Policy(**changes),
        },
        strict=False,
    )


def evaluated_history(
    *votes: Vote,
    number: int = 1,
    direction: str = "long",
    at: datetime = NOW,
    changed_features: Features | None = None,
    **changes: Any,
) -> list[AnyEvent]:
    """Return the history of a signal from its receipt to its evaluation, one second later."""
    signal_id = make_ulid(int(at.timestamp() * 1_000), number.to_bytes(10))
    of_signal, found = terms(direction, at, **changes), changed_features or features()
    received = first_event(
        SignalReceived(signal_id=signal_id, terms=of_signal),
        correlation_id=make_correlation_id(CorrelationKind.SIGNAL, signal_id),
        key=risk_key(of_signal.instrument, of_signal.strategy_id),
        producer="gateway",
        at=at,
    )
    enriched = SignalEnriched(
        signal_id=signal_id,
        terms=of_signal,
        features=found,
        profile_id=found.profile,
        inputs=_INPUTS,
    )
    made = [_made(signal_id, one, of_signal) for one in votes]
    end = _end(received, votes, of_signal, found)
    later = at + timedelta(seconds=1)
    payloads = [enriched, *made, end]
    return [received, *next_events(received, payloads, producer="evaluator", at=later)]


def _end(
    received: AnyEvent, votes: tuple[Vote, ...], of_signal: SignalTerms, found: Features
) -> SignalEvaluated:
    placed = tuple(
        one.model_copy(
            update={
                "decision_id": derive_event_id(received.correlation_id, place, DecisionMade.topic)
            }
        )
        for place, one in enumerate(votes, 3)
    )
    return SignalEvaluated(
        signal_id=received.payload.signal_id,
        terms=of_signal,
        features=found,
        votes=placed,
        deadline=received.timestamp + timedelta(seconds=3),
    )


def evaluated(*votes: Vote, **changes: Any) -> Event[SignalEvaluated]:
    """Return the `signal.evaluated` of such a history."""
    return evaluated_history(*votes, **changes)[-1]


_INPUTS = EnrichmentInputs(
    market=None,
    limits=EnrichmentLimits(
        max_age_seconds=300,
        max_clock_ahead_seconds=5,
        max_drift_bps=200,
        max_spread_bps=100,
        max_book_age_seconds=10,
        max_context_age_seconds=30,
        max_candle_age_intervals=2,
        min_candles=150,
    ),
    profile="{}",
    profile_sha256="0" * 64,
)


def _made(signal_id: str, one: Vote, of_signal: SignalTerms) -> DecisionMade:
    return DecisionMade(
        signal_id=signal_id,
        model=one.model,
        vendor="baseline",
        role=one.role,
        status=one.status,
        answer=one.answer,
        prompt=PromptReference(version=one.prompt_version or "baseline@1", sha256="0" * 64),
        usage=Usage(latency_ms=1),
        attempts=1,
        instrument=of_signal.instrument,
        symbol=of_signal.signal.symbol,
        event_type=of_signal.signal.event_type,
        strategy_id=of_signal.strategy_id,
    )
