"""Settings of the backtester."""

from pydantic import Field

from tradewind.datasets.settings import DatasetSettings
from tradewind.settings import PostgresSettings, TokenSettings


class BacktesterSettings(DatasetSettings, PostgresSettings, TokenSettings):
    """The backtester."""

    backtest_run_seconds: int = Field(1_800, ge=1, le=86_400)
    """How long the slices of a run may take together; it fails with TIME_LIMIT after that."""
    backtest_keep_days: int = Field(90, ge=1, le=36_500)
    """How long the results of back-tests are kept."""
    backtest_keep_bytes: int = Field(10 * 1024**3, ge=1024**2)
    """How many bytes of them are kept; the oldest are removed first."""
