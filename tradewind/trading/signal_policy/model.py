"""The policy of signals: which sources there are, and what is concluded from the models' answers.

The gateway reads which sources exist and for which strategy they trade, the enricher which profile
of features a source's signals get, the desk all of it.
"""

import json
from decimal import Decimal
from hashlib import sha256
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from tradewind.contracts.decisions.model import MAX_MODELS, ModelName
from tradewind.contracts.decisions.payloads import Mode
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.intents.model import Fraction, PositiveDecimal, StrategyId
from tradewind.contracts.payload import is_absent
from tradewind.contracts.signals.features import ProfileId
from tradewind.contracts.signals.model import SIGNAL_LIFETIME_SECONDS, SourceId
from tradewind.contracts.wire import DecimalString, Document

MAX_SOURCES: Final = 64
MAX_POLICIES: Final = 32
MAX_WEIGHT: Final = 1_000
MAX_WEIGHTS: Final = 32
MAX_MULTIPLE: Final = 100
MIN_WINDOW_SECONDS: Final = 5
"""An intent with less time is not worth submitting."""
MAX_WINDOW_SECONDS: Final = 3_600
UNREGISTERED: Final = "unregistered"
"""The policy of a source that is registered no longer: its signals are observed."""
DEFAULT_POLICY: Final = "default"
DEFAULT_PROFILE: Final = "trend_follow_v1"

Agreement = Literal["majority", "unanimous", "any_veto"]
PolicyId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,47}$")]


def _at_most(limit: int) -> AfterValidator:
    def check(value: Decimal) -> Decimal:
        if not 0 <= value <= limit:
            raise ValueError(f"must be between 0 and {limit}")
        return value

    return AfterValidator(check)


Weight = Annotated[DecimalString, _at_most(MAX_WEIGHT)]
Multiple = Annotated[DecimalString, _at_most(MAX_MULTIPLE)]


class SlippagePolicy(Document):
    """How much an intent may lose to its quote: as much as the market moves, within bounds."""

    minimum: Fraction = Decimal("0.002")
    maximum: Fraction = Decimal("0.01")
    spread_multiple: Multiple = Decimal(2)
    """Times the spread, a fraction of the mid."""
    atr_multiple: Multiple = Decimal("0.25")
    """Times the average true range of the shortest time frame, a fraction of the mid."""

    @model_validator(mode="after")
    def _check_bounds(self) -> Self:
        if self.minimum > self.maximum:
            raise ValueError(f"minimum: must be at most maximum, which is {self.maximum:f}")
        return self


class Policy(Document):
    """How a conclusion is reached from the models' answers, and what an intent may be."""

    quorum: Fraction = Decimal("0.5")
    """The share of the models with a vote that has to answer."""
    minimum_voting: int = Field(1, ge=1, le=MAX_MODELS)
    """How many of them have to, whatever their share."""
    weights: dict[ModelName, Weight] = Field({}, max_length=MAX_WEIGHTS)
    """By model. A model of weight 0 counts for nothing, as a shadow does."""
    other_weight: Weight = Decimal(1)
    """Of a model that `weights` does not name."""
    agreement: Agreement = "majority"
    threshold: Fraction = Decimal("0.6")
    """The weighted mean of signed confidences, from which on a signal is followed."""
    max_notional_usd: PositiveDecimal | None = Field(None, exclude_if=is_absent)
    """The most US dollars an intent may be worth at the mid of the decision."""
    slippage: SlippagePolicy = SlippagePolicy()
    time_window_seconds: int = Field(120, ge=MIN_WINDOW_SECONDS, le=MAX_WINDOW_SECONDS)
    """How long an intent may take at most; it never outlives its signal."""
    approval_seconds: int = Field(240, ge=MIN_WINDOW_SECONDS, le=SIGNAL_LIFETIME_SECONDS)
    """How long a person may take to approve a signal, counted from its evaluation."""
    calibrated: bool = False
    """Whether a confidence is replaced by its calibrated value, where there is one."""

    def weight_of(self, model: str) -> Decimal:
        """Return what the answer of a model counts."""
        return self.weights.get(model, self.other_weight)


class Source(Document):
    """A registered source of signals."""

    strategy_id: StrategyId
    mode: Mode = Mode.OBSERVE
    profile: ProfileId = DEFAULT_PROFILE
    """Which features its signals get."""
    policy: PolicyId = DEFAULT_POLICY
    max_notional_usd: PositiveDecimal | None = Field(None, exclude_if=is_absent)
    """The most US dollars an intent of this source may be worth."""


class SourcePolicy(Document):
    """All that holds for the signals of a source; what a conclusion records."""

    source: SourceId
    mode: Mode
    policy_id: PolicyId
    max_notional_usd: PositiveDecimal | None = Field(None, exclude_if=is_absent)
    """Of the source."""
    policy: Policy

    def canonical_json(self) -> str:
        """Return the one way to write it: keys sorted, without white space."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))

    def sha256(self) -> str:
        """Return the hash of the canonical JSON, in hexadecimal."""
        return sha256(self.canonical_json().encode()).hexdigest()


class SignalPolicies(Document):
    """The file: sources, and the policies that they name."""

    sources: dict[SourceId, Source] = Field(min_length=1, max_length=MAX_SOURCES)
    policies: dict[PolicyId, Policy] = Field(min_length=1, max_length=MAX_POLICIES)

    @model_validator(mode="after")
    def _check_policies(self) -> Self:
        for name, source in self.sources.items():
            if source.policy not in self.policies:
                raise ValueError(f"sources.{name}.policy: there is no policy {source.policy}")
        if UNREGISTERED in self.policies:
            raise ValueError(f"policies.{UNREGISTERED}: is the name for sources that have none")
        return self

    def source(self, name: str) -> Source | None:
        """Return a registered source; None where there is none of that name."""
        return self.sources.get(name)

    def of_source(self, name: str) -> SourcePolicy:
        """Return what holds for a source; one that is registered no longer is observed."""
        source = self.sources.get(name)
        if source is None:
            return SourcePolicy(
                source=name, mode=Mode.OBSERVE, policy_id=UNREGISTERED, policy=Policy()
            )
        return SourcePolicy(
            source=name,
            mode=source.mode,
            policy_id=source.policy,
            max_notional_usd=source.max_notional_usd,
            policy=self.policies[source.policy],
        )

    def for_cause(self, cause: AnyEvent) -> Document:
        """Return what holds for the signal of a `signal.evaluated`."""
        return self.of_source(cause.payload.terms.signal.source)
