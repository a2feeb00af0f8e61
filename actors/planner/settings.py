"""Settings of the planner."""

from pydantic import Field

from tradewind.settings import (
    ChainChoiceSettings,
    EngineSettings,
    IntentLimitSettings,
    PostgresSettings,
    TokenSettings,
)
from tradewind.trading.pricing.paper_settings import PaperSettings
from tradewind.trading.pricing.price_settings import PriceSettings
from tradewind.trading.venue_settings import VenueSettings


class PlannerSettings(
    ChainChoiceSettings,
    EngineSettings,
    IntentLimitSettings,
    PaperSettings,
    PriceSettings,
    TokenSettings,
    VenueSettings,
):
    """The planner."""

    pool_max_age_seconds: int = Field(60, ge=1)
    """The planner refuses older pools."""


class PlannerRoleSettings(
    PlannerSettings,
    ChainChoiceSettings,
    EngineSettings,
    IntentLimitSettings,
    PaperSettings,
    PostgresSettings,
    PriceSettings,
    TokenSettings,
    VenueSettings,
):
    """The planner as a process, which also asks whether an intent is to be cancelled."""
