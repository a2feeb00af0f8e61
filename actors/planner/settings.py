"""Settings of the planner."""

from pydantic import Field

from tradewind.contracts.plans.model import VenueName
from tradewind.settings import (
    ChainChoiceSettings,
    EngineSettings,
    IntentLimitSettings,
    PostgresSettings,
    TokenSettings,
)
from tradewind.trading.pricing.paper_settings import PaperSettings
from tradewind.trading.pricing.price_settings import PriceSettings


class PlannerSettings(
    ChainChoiceSettings,
    EngineSettings,
    IntentLimitSettings,
    PaperSettings,
    PriceSettings,
    TokenSettings,
):
    """The planner."""

    pool_max_age_seconds: int = Field(60, ge=1)
    """The planner refuses older pools."""
    venue: VenueName | None = None
    """Where strategies that are not on paper trade; without it, the chain's venue where there is a
    chain."""
    paper_strategies: str = "demo-*,paper-*"
    """Comma-separated patterns of strategies, in any case, that trade on paper although there is a
    chain: on the simulated venue, against the chain's pools."""


class PlannerRoleSettings(
    PlannerSettings,
    ChainChoiceSettings,
    EngineSettings,
    IntentLimitSettings,
    PaperSettings,
    PostgresSettings,
    PriceSettings,
    TokenSettings,
):
    """The planner as a process, which also asks whether an intent is to be cancelled."""
