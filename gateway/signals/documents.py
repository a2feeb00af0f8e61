"""What is shown of signals and decisions beside their read models."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from pydantic import Field

from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.ids import Ulid
from tradewind.contracts.payload import is_absent
from tradewind.contracts.signals.features import Features, ProfileId
from tradewind.contracts.signals.lifecycle import SIGNAL as LIFECYCLE
from tradewind.contracts.signals.lifecycle import SignalState
from tradewind.contracts.signals.payloads import SignalEnriched
from tradewind.contracts.wire import Document, Timestamp
from tradewind.readmodels.models.decision import DecisionDocument
from tradewind.readmodels.models.signal import SignalDocument
from tradewind.readmodels.models.signal_history import SIGNAL_HISTORY, FoldedSignal
from tradewind.trading.evaluations.telemetry import Budget, CallSummary, RawAnswer
from tradewind.trading.signal_outcomes.scores import Score
from tradewind.trading.signal_outcomes.shown import ShownMark

_MILLISECOND = timedelta(milliseconds=1)
_NOTHING = timedelta()


class TimelineEntry(Document):
    """An event of a signal, and how long after the one before it."""

    stage: SignalState
    """How far the signal is with it."""
    topic: str
    event_id: Ulid
    producer: str
    at: Timestamp
    duration_ms: int = Field(ge=0)
    """Since the event before."""
    since_received_ms: int = Field(ge=0)


class EnrichedSignal(Document):
    """What models were told of the market."""

    profile_id: ProfileId
    profile_sha256: str
    market: str | None = None
    """The content id of the observation it was read from."""
    features: Features


class SignalDetail(Document):
    """A signal with all that was made of it."""

    signal: SignalDocument
    enriched: EnrichedSignal | None = None
    decisions: tuple[DecisionDocument, ...]
    timeline: tuple[TimelineEntry, ...]
    marks: tuple[ShownMark, ...] = ()
    """What the price became after it was concluded, at each horizon."""


class SignalStatus(Document):
    """How far a signal is."""

    signal_id: Ulid
    current_stage: SignalState
    is_final: bool
    """Whether nothing more is to come."""
    duration_ms: int = Field(ge=0)
    """From its receipt to its end, or until now."""
    last_event_time: Timestamp


class Timeline(Document):
    """The events of a signal, in order."""

    signal_id: Ulid
    items: tuple[TimelineEntry, ...]


class RenderedPrompt(Document):
    """What a model was asked, made again from the released prompt and the signal's features."""

    core_text: str
    wrapper_text: str
    data: str
    """What was said of the signal and its market, between the delimiters that models are told."""
    is_as_asked: bool
    """Whether the prompt has the hash that was recorded; it has not where it is of another
    release."""


class DecisionDetail(Document):
    """A decision, and for administrators what the model said word for word."""

    decision: DecisionDocument
    raw_answer: RawAnswer | None = Field(None, exclude_if=is_absent)
    """Only for keys of the scope `admin`."""
    rendered_prompt: RenderedPrompt | None = Field(None, exclude_if=is_absent)
    """Only for keys of the scope `admin`, of models that are asked by a prompt."""


class ModelDocument(Document):
    """What is known of a model: cost, time and errors by prompt, and how well it is calibrated."""

    model: str
    prompts: tuple[CallSummary, ...]
    calibration: tuple[Score, ...]
    """By prompt and horizon, over all time."""
    budget: Budget | None = None
    """Of today; None where it was not asked today."""


class Models(Document):
    """Every model that was asked, since a time."""

    since: Timestamp
    items: tuple[ModelDocument, ...]


class Summary(Document):
    """Calls by model and prompt, since a time."""

    since: Timestamp
    items: tuple[CallSummary, ...]


def status_of(signal: SignalDocument, now: datetime) -> SignalStatus:
    """Return how far a signal is."""
    is_final = signal.state in LIFECYCLE.terminal
    end = signal.last_event_time if is_final else max(now, signal.last_event_time)
    return SignalStatus(
        signal_id=signal.signal_id,
        current_stage=signal.state,
        is_final=is_final,
        duration_ms=(end - signal.received_at) // _MILLISECOND,
        last_event_time=signal.last_event_time,
    )


def timeline_of(events: Sequence[AnyEvent]) -> tuple[TimelineEntry, ...]:
    """Return the events of a history that its lifecycle allows, with the stage each led to."""
    entries: list[TimelineEntry] = []
    folded = SIGNAL_HISTORY.begin("")
    for event in events:
        before, folded = folded, SIGNAL_HISTORY.evolve(folded, event)
        signal = folded.signal
        if signal is None or _illegal(before) < _illegal(folded):
            continue
        last = entries[-1].at if entries else event.timestamp
        entries.append(
            TimelineEntry(
                stage=signal.state,
                topic=event.topic,
                event_id=event.event_id,
                producer=event.producer,
                at=event.timestamp,
                duration_ms=max(event.timestamp - last, _NOTHING) // _MILLISECOND,
                since_received_ms=max(event.timestamp - signal.received_at, _NOTHING)
                // _MILLISECOND,
            )
        )
    return tuple(entries)


def detail_of(events: Sequence[AnyEvent], incarnation: str) -> SignalDetail | None:
    """Return all that a history tells of a signal; None where it tells of none."""
    folded = SIGNAL_HISTORY.fold(events, incarnation)
    if folded.signal is None:
        return None
    payloads = (event.payload for event in events)
    enriched = next((one for one in payloads if isinstance(one, SignalEnriched)), None)
    return SignalDetail(
        signal=folded.signal,
        enriched=None if enriched is None else _enriched(enriched),
        decisions=folded.decisions,
        timeline=timeline_of(events),
    )


def _enriched(payload: SignalEnriched) -> EnrichedSignal:
    return EnrichedSignal(
        profile_id=payload.profile_id,
        profile_sha256=payload.inputs.profile_sha256,
        market=payload.inputs.market,
        features=payload.features,
    )


def _illegal(folded: FoldedSignal) -> int:
    return 0 if folded.signal is None else folded.signal.illegal_events
