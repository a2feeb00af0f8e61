"""Settings of the market role; those of a chain are loaded where it is followed."""

from pydantic import Field

from tradewind.settings import ChainChoiceSettings, ChainNameSettings, TokenSettings
from tradewind.trading.pricing.paper_settings import PaperSettings


class MarketRoleSettings(ChainChoiceSettings, ChainNameSettings, PaperSettings, TokenSettings):
    """The market role."""

    market_interval_ms: int = Field(1_000, ge=50, le=60_000)
    """How often simulated pools move; their block time."""
