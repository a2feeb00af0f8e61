"""The events of a signal, from its receipt to its evaluation, and its marks afterwards."""

from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from tradewind.contracts.decisions.model import MAX_MODELS, Vote
from tradewind.contracts.ids import Ulid
from tradewind.contracts.instruments.pools import ContentId
from tradewind.contracts.intents.model import PositiveDecimal, StrategyId
from tradewind.contracts.payload import MAX_DETAIL_LENGTH, Payload, is_absent
from tradewind.contracts.risk.approvals import Answerer, ApprovalNote, ApprovalVerdict
from tradewind.contracts.signals.features import Features, ProfileId
from tradewind.contracts.signals.model import Signal, SignalTerms
from tradewind.contracts.wire import DecimalString, Document, Timestamp, WireModel

MAX_CONFIGURATION_LENGTH: Final = 8_192
SHA256_PATTERN: Final = r"^[0-9a-f]{64}$"
Sha256 = Annotated[str, Field(pattern=SHA256_PATTERN)]


class SignalPayload(Payload):
    """Base of the payloads in a signal's history, `signal-<ULID>`."""

    signal_id: Ulid


class SignalReceived(SignalPayload):
    """A well-formed signal of a registered source was taken."""

    topic = "signal.received"
    terms: SignalTerms


class SignalRejection(StrEnum):
    """Why a signal is not evaluated."""

    TOO_OLD = "TOO_OLD"
    FROM_THE_FUTURE = "FROM_THE_FUTURE"
    PRICE_DRIFT = "PRICE_DRIFT"
    DATA_STALE = "DATA_STALE"
    DATA_MISSING = "DATA_MISSING"
    SPREAD_TOO_WIDE = "SPREAD_TOO_WIDE"
    LIQUIDATION_SIDE = "LIQUIDATION_SIDE"
    NOT_TRADED = "NOT_TRADED"
    """The provider does not know the coin, or delisted it."""


class EnrichmentLimits(Document):
    """What the enricher holds a signal to, of its event type, as configured then."""

    max_age_seconds: int = Field(ge=1, le=86_400)
    max_clock_ahead_seconds: int = Field(ge=0, le=3_600)
    max_drift_bps: int = Field(ge=0, le=10_000)
    max_spread_bps: int = Field(ge=0, le=10_000)
    max_book_age_seconds: int = Field(ge=1, le=86_400)
    max_context_age_seconds: int = Field(ge=1, le=86_400)
    max_candle_age_intervals: int = Field(ge=1, le=100)
    min_candles: int = Field(ge=1, le=500)


class SignalLimits(Document):
    """The limits of each type of signal."""

    opening: EnrichmentLimits
    closing: EnrichmentLimits

    def of(self, signal: Signal) -> EnrichmentLimits:
        """Return those that hold for a signal."""
        return self.opening if signal.is_opening else self.closing


class EnrichmentInputs(WireModel):
    """What the enricher decided on, beside the signal and the time."""

    market: ContentId | None
    """The content id of the instrument.perp_observed it read; None when there was nothing."""
    limits: EnrichmentLimits
    profile: str = Field(min_length=2, max_length=MAX_CONFIGURATION_LENGTH)
    """The resolved profile, whole, as canonical JSON."""
    profile_sha256: Sha256


class SignalEnriched(SignalPayload):
    """The signal stands beside the market; models may judge it."""

    topic = "signal.enriched"
    terms: SignalTerms
    features: Features
    profile_id: ProfileId
    inputs: EnrichmentInputs


class SignalRejected(SignalPayload):
    """The signal is not judged."""

    topic = "signal.rejected"
    ends_history = True
    reason: SignalRejection
    measured: str | None = Field(None, max_length=64, exclude_if=is_absent)
    limit: str | None = Field(None, max_length=64, exclude_if=is_absent)
    detail: str | None = Field(None, max_length=MAX_DETAIL_LENGTH, exclude_if=is_absent)
    inputs: EnrichmentInputs | None = Field(None, exclude_if=is_absent)


class SignalEvaluated(SignalPayload):
    """Every model has answered or has failed; the desk concludes from this alone."""

    topic = "signal.evaluated"
    terms: SignalTerms
    features: Features
    votes: Annotated[tuple[Vote, ...], Field(max_length=MAX_MODELS)]
    """In the order of the configured models."""
    deadline: Timestamp


class SignalApprovalAnswered(SignalPayload):
    """Somebody approved or declined a signal that waits at the desk. A history of one event."""

    topic = "signal.approval_answered"
    ends_history = True
    verdict: ApprovalVerdict
    answered_by: Answerer
    note: ApprovalNote | None = Field(None, exclude_if=is_absent)
    strategy_id: StrategyId


class MarkMissed(StrEnum):
    """Why there is no mark."""

    NO_PRICE = "NO_PRICE"
    """No fresh price was there within the window."""


class SignalMarked(SignalPayload):
    """What the price had become some time after a decision, or that nobody saw it. A history of one
    event, `mark-<ULID>`, caused by the `decision.concluded`."""

    topic = "signal.marked"
    ends_history = True
    strategy_id: StrategyId
    horizon_seconds: int = Field(ge=1, le=604_800)
    decided_at: Timestamp
    decided_mid: PositiveDecimal
    costs: DecimalString
    """Spread and fees, a fraction."""
    marked_at: Timestamp | None = Field(None, exclude_if=is_absent)
    """When the price was observed; this and what follows is absent where it was missed."""
    marked_mid: PositiveDecimal | None = Field(None, exclude_if=is_absent)
    signed_return: DecimalString | None = Field(None, exclude_if=is_absent)
    """Of the signal's direction: positive where it would have gained. A fraction."""
    followed_paid: bool | None = Field(None, exclude_if=is_absent)
    """Whether the return exceeds the costs."""
    missed: MarkMissed | None = Field(None, exclude_if=is_absent)

    @model_validator(mode="after")
    def _check_mark(self) -> Self:
        told = (self.marked_at, self.marked_mid, self.signed_return, self.followed_paid)
        is_missed = self.missed is not None
        if any((one is None) != is_missed for one in told):
            raise ValueError("missed: either there is a whole mark, or it says why there is none")
        return self
