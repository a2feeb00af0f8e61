"""Settings of the recorder."""

from pydantic import Field

from tradewind.datasets.settings import DatasetSettings
from tradewind.settings import PostgresSettings


class RecorderSettings(DatasetSettings, PostgresSettings):
    """The recorder."""

    ticks_kept_days: int = Field(7, ge=2, le=3_650)
    """How many days ticks are kept; candles stay for good."""
