"""Where strategies trade. Risk needs to know before there is a plan: a wallet may be frozen."""

from typing import Final, NamedTuple

from tradewind.contracts.plans.model import VenueName
from tradewind.contracts.venues import SIMULATED, VENUES, VenueKind, default_venue, venue_of
from tradewind.settings import ChainChoiceSettings, OwnedSettings


class VenueSettings(OwnedSettings):
    """Where strategies trade."""

    venue: VenueName | None = None
    """Where strategies that are not on paper trade; without it, the chain's venue where there is a
    chain."""
    paper_strategies: str = "demo-*,paper-*"
    """Comma-separated patterns of strategies, in any case, that trade on paper although there is a
    chain: on the simulated venue, against the chain's pools."""

    @property
    def paper_patterns(self) -> tuple[str, ...]:
        """The patterns of strategies that trade on paper."""
        return tuple(one.strip() for one in self.paper_strategies.split(",") if one.strip())


class VenueChoice(NamedTuple):
    """Which strategy trades where."""

    venue: VenueName = SIMULATED
    paper_patterns: tuple[str, ...] = ()

    def venue_of(self, strategy_id: str) -> VenueName:
        """Return the venue a strategy trades on."""
        return venue_of(strategy_id, self.venue, self.paper_patterns)

    def signs(self, strategy_id: str) -> bool:
        """Return whether a wallet signs what the strategy trades."""
        return VENUES[self.venue_of(strategy_id)].kind is VenueKind.CHAIN


ON_PAPER: Final = VenueChoice()


def venue_choice(settings: VenueSettings, chain: ChainChoiceSettings) -> VenueChoice:
    """Return what the settings say."""
    venue = settings.venue or default_venue(has_chain=not chain.mock_chain)
    return VenueChoice(venue, settings.paper_patterns)
