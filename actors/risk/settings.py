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
from tradewind.trading.pricing.price_settings import PriceAgeSettings, PriceSettings


class RiskSettings(
    EngineSettings, IntentLimitSettings, PriceAgeSettings, PriceSettings, TokenSettings
):
    """Risk."""

    max_price_impact: Decimal = Field(Decimal("0.05"), gt=0, le=1)
    """A plan may pay that much more, or receive that much less, than an intent was worth when risk
    approved it; 0.05 is five percent. Pool fees count."""


class RiskRoleSettings(
    RiskSettings,
    EngineSettings,
    InstrumentSettings,
    IntentLimitSettings,
    PostgresSettings,
    PriceAgeSettings,
    PriceSettings,
    TokenSettings,
):
    """Risk as a process, which also asks whether an intent is to be cancelled."""
