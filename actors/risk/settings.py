"""Settings of risk."""

from decimal import Decimal

from pydantic import Field

from tradewind.settings import (
    EngineSettings,
    InstrumentSettings,
    IntentLimitSettings,
    PostgresSettings,
    TokenSettings,
)
from tradewind.trading.pricing.price_settings import PriceSettings


class RiskSettings(EngineSettings, IntentLimitSettings, PriceSettings, TokenSettings):
    """Risk."""

    price_max_age_seconds: int = Field(300, ge=1)
    """Risk takes no older price."""
    max_price_impact: Decimal = Field(Decimal("0.05"), gt=0, le=1)
    """A plan may pay that much more, or receive that much less, than an intent was worth when risk
    approved it; 0.05 is five percent. Pool fees count."""


class RiskRoleSettings(
    RiskSettings,
    EngineSettings,
    InstrumentSettings,
    IntentLimitSettings,
    PostgresSettings,
    PriceSettings,
    TokenSettings,
):
    """Risk as a process, which also asks whether an intent is to be cancelled."""
