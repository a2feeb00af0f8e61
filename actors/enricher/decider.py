"""Repeats the enricher's decisions on recorded inputs."""

from collections.abc import Sequence
from typing import Final, cast

from actors.decider import Decider, DecisionInputs, NoVerdict
from actors.enricher.actors import enrich_signal
from actors.enricher.ports import EnricherPorts, limits_of
from actors.enricher.reading import NOTHING, Reading
from actors.enricher.settings import EnricherSettings
from actors.enricher.source_profiles import SourceProfiles
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.signals.payloads import (
    EnrichmentInputs,
    EnrichmentLimits,
    SignalEnriched,
    SignalLimits,
    SignalRejected,
)
from tradewind.contracts.signals.profiles import FeatureProfile
from tradewind.settings import load
from tradewind.trading.indicators.profiles import NamedProfile
from tradewind.trading.pricing.pools.observation import Observation

UNNAMED: Final = "recorded"
"""A rejection does not say what its profile was called."""


class EnricherDecider:
    """Implements `Decider` for the enricher; the profile is always the recorded one."""

    def is_complete(self, recorded: Sequence[AnyEvent]) -> bool:
        """Return whether there is an event, because the enricher emits exactly one."""
        return bool(recorded)

    def inputs_of(self, recorded: Sequence[AnyEvent]) -> EnrichmentInputs | None:
        """Return market, limits and profile of the verdict."""
        verdict = recorded[0].payload
        if not isinstance(verdict, SignalEnriched | SignalRejected):
            raise NoVerdict(verdict.topic)
        return verdict.inputs

    def todays_limits(self) -> SignalLimits:
        """Return the limits of the present settings, of each type of signal."""
        return limits_of(load(EnricherSettings))

    async def decide(self, cause: AnyEvent, inputs: DecisionInputs) -> list[AnyEvent]:
        """Enrich the signal."""
        recorded = self.inputs_of([inputs.recorded])
        assert recorded is not None
        limits = cast(EnrichmentLimits, inputs.limits)
        reading = _reading(recorded, inputs)
        ports = EnricherPorts(
            read=lambda *_: (reading, Observation(reading.market, ())),
            profiles=SourceProfiles({}, _profile(recorded, inputs.recorded.payload)),
            limits=SignalLimits(opening=limits, closing=limits),
            now=lambda: inputs.at,
        )
        return list(await enrich_signal(cause, ports))


def _reading(recorded: EnrichmentInputs, inputs: DecisionInputs) -> Reading:
    if recorded.market is None:
        return NOTHING
    assert inputs.perp is not None
    return Reading.of(recorded.market, inputs.perp.observed, inputs.perp.candles)


def _profile(recorded: EnrichmentInputs, verdict: object) -> NamedProfile:
    """Return the recorded profile; its hash is recorded, too, and holds for exactly this text."""
    profile_id = verdict.profile_id if isinstance(verdict, SignalEnriched) else UNNAMED
    profile = FeatureProfile.model_validate_json(recorded.profile)
    return NamedProfile(profile_id, profile, recorded.profile, recorded.profile_sha256)


DECIDER: Final[Decider] = EnricherDecider()
