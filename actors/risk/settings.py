"""Settings of risk."""

from pydantic import Field

from tradewind.settings import EngineSettings, IntentLimitSettings, TokenSettings


class RiskSettings(EngineSettings, IntentLimitSettings, TokenSettings):
    """Risk."""

    price_max_age_seconds: int = Field(300, ge=1)
    """Risk takes no older price."""
