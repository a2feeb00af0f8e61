"""Settings of the evaluator."""

from pydantic import Field, SecretStr

from tradewind.settings import OwnedSettings, PostgresSettings
from tradewind.trading.models.settings import ModelsFileSettings


class ModelKeySettings(OwnedSettings):
    """Keys of model vendors."""

    openai_api_key: SecretStr | None = None
    """The key for models of OpenAI."""
    google_api_key: SecretStr | None = None
    """The key for models of Google."""
    anthropic_api_key: SecretStr | None = None
    """The key for models of Anthropic."""
    compatible_api_key: SecretStr | None = None
    """The key for servers that speak OpenAI's protocol; a local one needs none."""


class EvaluatorSettings(ModelKeySettings, ModelsFileSettings, PostgresSettings):
    """The evaluator."""

    model_deadline_ms: int = Field(3_000, ge=100, le=6_000)
    """How long all models together may take to judge a signal."""
