"""Settings of the historian."""

from pydantic import Field

from tradewind.settings import PostgresSettings


class HistorianSettings(PostgresSettings):
    """The historian."""

    historian_interval_ms: int = Field(250, ge=10, le=60_000)
    """How long the historian waits before it looks for new events, once it has taken all."""
