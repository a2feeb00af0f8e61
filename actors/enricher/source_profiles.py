"""Which features the signals of a source get: the profile that the policy file names for it."""

from collections.abc import Mapping
from dataclasses import dataclass

from actors.enricher.settings import EnricherSettings
from tradewind.errors import ConfigurationError
from tradewind.trading.indicators.profiles import NamedProfile, load_profiles
from tradewind.trading.signal_policy.file import VARIABLE as POLICY_FILE
from tradewind.trading.signal_policy.file import load_signal_policies


@dataclass(frozen=True, slots=True)
class SourceProfiles:
    """The profiles of sources."""

    by_source: Mapping[str, NamedProfile]
    """Of each registered source."""
    unregistered: NamedProfile
    """Of a source that is registered no longer."""

    def of_source(self, source: str) -> NamedProfile:
        """Return the profile for the signals of a source."""
        return self.by_source.get(source, self.unregistered)


def source_profiles_of(settings: EnricherSettings) -> SourceProfiles:
    """Return the configured profiles; ConfigurationError names what asks for one that is not there.

    Every source is checked, whether it sends signals or not: a mistake shows at the start.
    """
    profiles = load_profiles(settings.feature_profiles_file)

    def named(profile_id: str, place: str) -> NamedProfile:
        found = profiles.get(profile_id)
        if found is None:
            known = ", ".join(sorted(profiles))
            raise ConfigurationError(f"{place}: there is no {profile_id}, but {known}")
        return found

    sources = load_signal_policies(settings.signal_policy_file).sources
    return SourceProfiles(
        {
            name: named(one.profile, f"{POLICY_FILE}: sources.{name}.profile")
            for name, one in sources.items()
        },
        named(settings.feature_profile, "TRADEWIND_FEATURE_PROFILE"),
    )
