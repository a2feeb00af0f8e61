"""The enricher's decision: what models are told of a signal, or the reason why they are not."""

from datetime import datetime

from pydantic import ValidationError

from actors.enricher.assembly import Task, features_of
from actors.enricher.checks import (
    Refused,
    check_age,
    check_drift,
    check_liquidation,
    check_spread,
)
from actors.enricher.market_facts import facts_of
from actors.enricher.reading import Reading
from tradewind.contracts.envelope import AnyEvent, Event, describe, next_events
from tradewind.contracts.payload import MAX_DETAIL_LENGTH
from tradewind.contracts.roles import Role
from tradewind.contracts.signals.features import Features
from tradewind.contracts.signals.payloads import (
    EnrichmentInputs,
    EnrichmentLimits,
    SignalEnriched,
    SignalReceived,
    SignalRejected,
    SignalRejection,
)
from tradewind.trading.indicators.frames import IndicatorCache
from tradewind.trading.indicators.profiles import NamedProfile


def decide(
    event: Event[SignalReceived],
    reading: Reading,
    profile: NamedProfile,
    limits: EnrichmentLimits,
    now: datetime,
    indicators: IndicatorCache,
) -> list[AnyEvent]:
    """Return signal.enriched, or signal.rejected with its reason."""
    received = event.payload
    inputs = EnrichmentInputs(
        market=reading.market, limits=limits, profile=profile.text, profile_sha256=profile.sha256
    )
    task = Task(received.terms, profile.profile_id, profile.profile, limits, now)
    try:
        features = enrich(task, reading, indicators)
    except Refused as refusal:
        return [_rejected(event, refusal, inputs, now)]
    enriched = SignalEnriched(
        signal_id=received.signal_id,
        terms=received.terms,
        features=features,
        profile_id=profile.profile_id,
        inputs=inputs,
    )
    return next_events(event, [enriched], producer=Role.ENRICHER, at=now)


def enrich(task: Task, reading: Reading, indicators: IndicatorCache) -> Features:
    """Return the features of a signal; Refused when it is not to be judged.

    What is wrong with the signal itself comes first, then what is wrong with the market, and last
    what the profile cannot do without.
    """
    signal = task.terms.signal
    check_age(task.terms, task.limits, task.now)
    check_liquidation(signal, signal.entry_price, "the entry price")
    facts = facts_of(reading, task.limits, task.now)
    mid = facts.price()
    check_drift(signal, mid, task.limits)
    check_liquidation(signal, mid, "the market")
    if facts.best is not None:
        check_spread(facts.best, task.limits)
    try:
        features = features_of(task, reading, facts, mid, indicators)
    except ValidationError as error:
        raise Refused(
            SignalRejection.DATA_MISSING, f"what is known fits no features: {describe(error)}"
        ) from error
    facts.findings.check_required(task.profile.quality.required)
    return features


def reject_without_data(
    event: Event[SignalReceived], error: Exception, now: datetime
) -> list[AnyEvent]:
    """Reject the signal when what is known of the market could not be kept within the retries."""
    refusal = Refused(SignalRejection.DATA_MISSING, f"no market data could be had: {error}")
    return [_rejected(event, refusal, None, now)]


def _rejected(
    event: Event[SignalReceived],
    refusal: Refused,
    inputs: EnrichmentInputs | None,
    now: datetime,
) -> AnyEvent:
    payload = SignalRejected(
        signal_id=event.payload.signal_id,
        reason=refusal.reason,
        measured=refusal.measured,
        limit=refusal.limit,
        detail=refusal.detail[:MAX_DETAIL_LENGTH],
        inputs=inputs,
    )
    (rejected,) = next_events(event, [payload], producer=Role.ENRICHER, at=now)
    return rejected
