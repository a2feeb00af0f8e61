"""Settings of the orchestrator; those of the chain's venue are loaded where it is opened."""

from tradewind.settings import ChainChoiceSettings, EngineSettings, PostgresSettings, TokenSettings
from tradewind.trading.pricing.paper_settings import PaperSettings


class OrchestratorSettings(
    ChainChoiceSettings, EngineSettings, PaperSettings, PostgresSettings, TokenSettings
):
    """The orchestrator."""
