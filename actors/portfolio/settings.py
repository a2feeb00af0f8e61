"""Settings of the portfolio stage."""

from tradewind.settings import (
    ChainChoiceSettings,
    ChainNameSettings,
    EngineSettings,
    PostgresSettings,
    TokenSettings,
)
from tradewind.trading.pricing.price_settings import PriceAgeSettings, PriceSettings
from tradewind.trading.venue_settings import VenueSettings


class PortfolioSettings(
    ChainChoiceSettings,
    ChainNameSettings,
    EngineSettings,
    PostgresSettings,
    PriceAgeSettings,
    PriceSettings,
    TokenSettings,
    VenueSettings,
):
    """The portfolio stage."""
