"""Settings of the portfolio stage."""

from tradewind.settings import EngineSettings, PostgresSettings, TokenSettings
from tradewind.trading.pricing.price_settings import PriceAgeSettings, PriceSettings


class PortfolioSettings(
    EngineSettings, PostgresSettings, PriceAgeSettings, PriceSettings, TokenSettings
):
    """The portfolio stage."""
