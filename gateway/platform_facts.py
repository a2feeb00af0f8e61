"""What a gateway knows of its platform from its settings."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from gateway.authentication.settings import asks_for_keys
from gateway.settings import GatewaySettings
from tradewind.contracts.venues import VenueDeclaration, open_venues
from tradewind.runtime import clock
from tradewind.trading.venue_settings import venue_choice


class PlatformFacts(NamedTuple):
    """What does not change while a process runs."""

    build: str | None
    has_chain: bool
    chain: str
    """The chain's name."""
    chain_id: int
    """The id that is configured; what the market role found there counts more."""
    venues: Sequence[VenueDeclaration]
    default_venue: str
    paper_patterns: Sequence[str]
    """Of strategies that trade on paper although there is a chain."""
    asks_for_keys: bool
    started_at: datetime


def platform_facts(settings: GatewaySettings) -> PlatformFacts:
    """Return what the settings say; the process began now."""
    choice = venue_choice(settings, settings)
    has_chain = not settings.mock_chain
    return PlatformFacts(
        settings.build,
        has_chain,
        settings.chain,
        settings.chain_id,
        open_venues(has_chain=has_chain),
        choice.venue,
        choice.paper_patterns,
        asks_for_keys(settings),
        clock.now(),
    )
